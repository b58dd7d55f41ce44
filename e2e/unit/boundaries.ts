import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import {
  configFiles,
  consoleFiles,
  consoleReason,
  domGlobals,
  externalRules,
  nodeFiles,
  protocolValuesForSignaling,
  type Room,
  rooms,
  testFiles,
} from './boundary-rules';
import { type ImportUse, readSource, type SourceFacts } from './read-source';

/** Files by their path in the repository, with forward slashes. */
export type SourceFiles = ReadonlyMap<string, string>;

/** The subpaths that packages export, by package name: `''`, `'/augment'`. */
export type PackageExports = ReadonlyMap<string, ReadonlySet<string>>;

const nodeModules = new Set(builtinModules);

/** Every break of the import rules, each as one line that begins with the file's path. */
export function findViolations(files: SourceFiles, exported: PackageExports): string[] {
  const facts = new Map([...files].map(([path, text]) => [path, readSource(path, text)] as const));
  const found = [...facts].flatMap(([path, read]) => [
    ...importViolations(path, read, exported),
    ...otherViolations(path, read),
  ]);
  return [...found, ...findCycles(facts)];
}

function importViolations(path: string, { imports }: SourceFacts, exported: PackageExports) {
  const room = rooms.find(({ folder }) => path.startsWith(folder));
  return imports.flatMap((use) => {
    const complaint = complaintAbout(path, room, use, exported);
    return complaint === undefined ? [] : [`${path}:${use.line}: ${complaint}`];
  });
}

function complaintAbout(
  path: string,
  room: Room | undefined,
  use: ImportUse,
  exported: PackageExports,
): string | undefined {
  const { specifier } = use;
  const isTest = testFiles.test(path);
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(path), specifier);
    const to = rooms.find(({ folder }) => target.startsWith(folder));
    if (room === undefined || to === undefined || to === room || isTest) return undefined;
    if (to.packageName !== undefined) return `reaches into ${to.name} past its index`;
    return room.mayImport.includes(to.name) ? undefined : `${room.name} may not import ${to.name}`;
  }
  const to = rooms.find(({ packageName }) => isOrBelow(specifier, packageName));
  if (to?.packageName !== undefined) {
    return isTest ? undefined : complaintAboutPackage(room, to, to.packageName, use, exported);
  }
  if (isNodeModule(specifier) && !nodeFiles.test(path) && !isTest) {
    return `imports ${specifier}, which is Node's alone`;
  }
  const rule = externalRules.find(({ pattern }) => pattern.test(specifier));
  if (rule === undefined || isTest || rule.allowed.test(path)) return undefined;
  if (rule.typesOnly?.test(path) && use.isTypeOnly) return undefined;
  return `imports ${rule.name}${rule.typesOnly?.test(path) ? ' at run time' : ''}`;
}

function complaintAboutPackage(
  room: Room | undefined,
  to: Room,
  packageName: string,
  use: ImportUse,
  exported: PackageExports,
): string | undefined {
  if (room === undefined) return undefined;
  if (to === room) return 'imports its own package by name';
  if (!room.mayImport.includes(to.name)) return `${room.name} may not import ${to.name}`;
  const subpath = use.specifier.slice(packageName.length);
  if (!(exported.get(packageName) ?? new Set(['']))?.has(subpath)) {
    return `imports ${use.specifier}, which ${packageName} does not export`;
  }
  if (room.name === 'signaling' && !use.isTypeOnly) {
    const extra = use.values?.filter((name) => !protocolValuesForSignaling.includes(name));
    if (extra === undefined || extra.length > 0) {
      return `takes more than types and plain constants from protocol: ${extra ?? 'everything'}`;
    }
  }
  return undefined;
}

function otherViolations(path: string, { defaultExports, globals }: SourceFacts): string[] {
  const found: string[] = [];
  if (!configFiles.test(path)) {
    for (const line of defaultExports) found.push(`${path}:${line}: has a default export`);
  }
  const isTest = testFiles.test(path);
  for (const { name, line, context } of globals) {
    if (path.startsWith('packages/protocol/src/') && domGlobals.has(name)) {
      found.push(`${path}:${line}: uses ${name}, which only pages have`);
    }
    const mayLog = isTest || consoleFiles.test(path) || consoleReason.test(context);
    if (name === 'console' && !mayLog) found.push(`${path}:${line}: uses console without a reason`);
  }
  return found;
}

/** Rings of files that import each other at run time; types are erased and close no ring. */
function findCycles(facts: ReadonlyMap<string, SourceFacts>): string[] {
  const next = new Map(
    [...facts].map(([path, { imports }]) => [
      path,
      imports
        .filter(({ isTypeOnly, specifier }) => !isTypeOnly && specifier.startsWith('.'))
        .flatMap(({ specifier }) => resolve(path, specifier, facts) ?? []),
    ]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...trail, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return found.map((ring) => `${ring}: a ring of imports`);
}

function resolve(
  path: string,
  specifier: string,
  facts: ReadonlyMap<string, SourceFacts>,
): string | undefined {
  const base = posix.join(posix.dirname(path), specifier);
  return [base, `${base}.ts`, `${base}/index.ts`].find((candidate) => facts.has(candidate));
}

function isOrBelow(specifier: string, packageName: string | undefined): boolean {
  return (
    packageName !== undefined &&
    (specifier === packageName || specifier.startsWith(`${packageName}/`))
  );
}

function isNodeModule(specifier: string): boolean {
  return specifier.startsWith('node:') || nodeModules.has(specifier);
}
