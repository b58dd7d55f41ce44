import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inRepository } from '../../scripts/tools';

interface LockedPackage {
  readonly resolved?: string;
  /** A workspace of this repository. */
  readonly link?: boolean;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(readFileSync(inRepository('package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

/** Is `name` found from the folder of a package, as Node would look for it? */
function isLocked(from: string, name: string): boolean {
  const folders = from.split('/');
  return folders.some((_, index) => {
    const folder = folders.slice(0, folders.length - index).join('/');
    return `${folder}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
  });
}

test('records no download addresses', () => {
  const addresses = Object.values(packages).filter(({ resolved }) =>
    /^https?:/.test(resolved ?? ''),
  );
  expect(addresses).toEqual([]);
});

test('L8: everything that is installed from elsewhere is known by its digest', () => {
  const foreign = Object.entries(packages).filter(
    ([path, { link }]) => path.includes('node_modules/') && link !== true,
  );
  expect(foreign.length).toBeGreaterThan(100);
  const unknown = foreign.filter(([, { integrity }]) => !/^sha512-/.test(integrity ?? ''));
  expect(unknown.map(([path]) => path)).toEqual([]);
});

// A package that was not to be had for another platform is left out in silence, and then `npm ci` refuses the file.
test('names everything that it depends on, for every platform', () => {
  const missing = Object.entries(packages).flatMap(([from, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !isLocked(from, name))
      .map((name) => `${name}, wanted by ${from}`),
  );
  expect(missing).toEqual([]);
});
