/** Reads tfjs's own declarations and gives the op table: every function of its `ops` folder and its metrics, with kinds. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import type { DType } from '../src/spec';
import type { TableEntry, TableKind, TableParam } from '../src/table-types';

const tfjs = createRequire(import.meta.url).resolve('@tensorflow/tfjs');

/** The declarations of a part of tfjs, as tfjs itself finds it. */
function declarationsOf(part: string): string {
  return join(dirname(createRequire(tfjs).resolve(`@tensorflow/${part}/package.json`)), 'dist');
}

const core = declarationsOf('tfjs-core');
const opsFolder = join(core, 'ops').replaceAll('\\', '/');
/** What `tf.metrics` is made of: the one part of the layers that computes tensors from tensors. */
const metricsFile = join(declarationsOf('tfjs-layers'), 'exports_metrics.d.ts').replaceAll(
  '\\',
  '/',
);

const namespaces = [
  'browser',
  'fused',
  'image',
  'linalg',
  'losses',
  'math',
  'signal',
  'sparse',
  'spectral',
  'string',
] as const;

/** Declared beside the ops, but machinery. */
const notOps = new Set(['op']);

const dtypes: readonly string[] = ['float32', 'int32', 'bool', 'complex64', 'string'];

/** `seed?` in one place and `step = 1` in another are both optional; the declarations say so with a question mark. */
function isOptional(parameter: ts.ParameterDeclaration): boolean {
  return parameter.questionToken !== undefined || parameter.initializer !== undefined;
}

/** TypeScript gives `({ x, y })` and its like a name of two underscores. */
function isDestructured(parameter: ts.Symbol): boolean {
  const node = parameter.valueDeclaration as ts.ParameterDeclaration;
  return !ts.isIdentifier(node.name) || parameter.name.startsWith('__');
}

function withDtype(param: TableParam, asked: ReadonlyMap<string, DType>): TableParam {
  const dtype = asked.get(param.name);
  return dtype !== undefined && param.kind.startsWith('tensor') ? { ...param, dtype } : param;
}

class TableReader {
  readonly #checker: ts.TypeChecker;
  readonly #entry: ts.SourceFile;
  readonly #metrics: ts.SourceFile;

  constructor() {
    const root = join(core, 'index.d.ts');
    const program = ts.createProgram([root, metricsFile], {
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      strict: true,
      skipLibCheck: true,
      types: [],
    });
    this.#checker = program.getTypeChecker();
    const source = (file: string): ts.SourceFile => {
      const read = program.getSourceFile(file);
      if (read === undefined) throw new Error(`There is no ${file}.`);
      return read;
    };
    this.#entry = source(root);
    this.#metrics = source(metricsFile);
  }

  read(): Record<string, TableEntry> {
    const checker = this.#checker;
    const found: [string, TableEntry][] = [];
    for (const exported of this.#exportsOf(this.#metrics)) {
      const type = checker.getTypeOfSymbolAtLocation(exported, this.#metrics);
      this.#add(found, `metrics.${exported.name}`, type);
    }
    for (const exported of this.#exportsOf(this.#entry)) {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if ((symbol.flags & ts.SymbolFlags.Value) === 0) continue;
      const type = checker.getTypeOfSymbolAtLocation(symbol, this.#entry);
      if ((namespaces as readonly string[]).includes(exported.name)) {
        for (const member of type.getProperties()) {
          const name = `${exported.name}.${member.name}`;
          this.#add(found, name, checker.getTypeOfSymbolAtLocation(member, this.#entry));
        }
      } else if (!notOps.has(exported.name)) this.#add(found, exported.name, type);
    }
    // By code unit, so that the order does not depend on a locale.
    return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #exportsOf(file: ts.SourceFile): ts.Symbol[] {
    const module = this.#checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${file.fileName} exports nothing.`);
    return this.#checker.getExportsOfModule(module);
  }

  #add(found: [string, TableEntry][], name: string, type: ts.Type): void {
    const signature = type.getCallSignatures()[0];
    const declaration = signature?.declaration;
    if (signature === undefined || declaration === undefined) return;
    const file = declaration.getSourceFile().fileName;
    if (!file.startsWith(`${opsFolder}/`) && file !== metricsFile) return;
    if (type.getCallSignatures().length > 1) throw new Error(`${name} is overloaded.`);
    const dtypesAsked = readDtypes(name, file);
    const params = signature.parameters.flatMap((parameter): TableParam[] => {
      const node = parameter.valueDeclaration as ts.ParameterDeclaration;
      const declared = checkerType(this.#checker, parameter, this.#entry);
      if (isDestructured(parameter)) return this.#members(declared, dtypesAsked);
      const optional = isOptional(node);
      const one = this.#param(parameter.name, declared, node.type?.getText() ?? '', optional);
      return [
        withDtype(node.dotDotDotToken === undefined ? one : { ...one, rest: true }, dtypesAsked),
      ];
    });
    const optionsFrom = signature.parameters.findIndex(isDestructured);
    if (optionsFrom !== -1 && optionsFrom !== signature.parameters.length - 1) {
      throw new Error(`${name} takes something after its options.`);
    }
    found.push([
      name,
      {
        params,
        ...(optionsFrom === -1 ? {} : { optionsFrom }),
        form: this.#form(signature.getReturnType()),
      },
    ]);
  }

  #param(name: string, declared: ts.Type, text: string, optional: boolean): TableParam {
    return { name, ...this.#kind(declared, text), optional };
  }

  /** The members of an object that an op takes apart in its parameter list. */
  #members(declared: ts.Type, dtypesAsked: ReadonlyMap<string, DType>): TableParam[] {
    return this.#checker
      .getNonNullableType(declared)
      .getProperties()
      .map((member) => {
        const node = member.valueDeclaration;
        const text = node !== undefined && ts.isPropertySignature(node) ? node.type?.getText() : '';
        const optional = (member.flags & ts.SymbolFlags.Optional) !== 0;
        const type = checkerType(this.#checker, member, this.#entry);
        return withDtype(this.#param(member.name, type, text ?? '', optional), dtypesAsked);
      });
  }

  #kind(declared: ts.Type, text: string): { kind: TableKind; choices?: string[] } {
    if (/^ShapeMap\[/.test(text)) return { kind: 'shape' };
    const type = this.#checker.getNonNullableType(this.#bound(declared));
    const members = type.isUnion() ? type.types.map((member) => this.#bound(member)) : [type];
    if (members.some((member) => this.#isTensor(member))) return { kind: 'tensor' };
    const padding = this.#padding(members);
    if (padding !== undefined) return { kind: 'padding', choices: padding };
    if (members.every((member) => member.isStringLiteral())) {
      const choices = members.map((member) => (member as ts.StringLiteralType).value);
      return choices.every((choice) => dtypes.includes(choice))
        ? { kind: 'dtype', ...(choices.length < dtypes.length ? { choices: choices.sort() } : {}) }
        : { kind: 'choice', choices };
    }
    const flags = (mask: ts.TypeFlags) => members.every((member) => (member.flags & mask) !== 0);
    const enumeration =
      (type.flags & ts.TypeFlags.EnumLike) !== 0 ? type.symbol.exports : undefined;
    if (enumeration !== undefined) {
      return { kind: 'choice', choices: [...enumeration.keys()].map((_, index) => String(index)) };
    }
    if (flags(ts.TypeFlags.NumberLike)) return { kind: 'number' };
    if (flags(ts.TypeFlags.BooleanLike)) return { kind: 'flag' };
    if (flags(ts.TypeFlags.StringLike)) return { kind: 'text' };
    if (flags(ts.TypeFlags.NumberLike | ts.TypeFlags.StringLike)) return { kind: 'numberOrText' };
    const shapes = new Set(members.map((member) => this.#arrayKind(member)));
    const only = shapes.size === 1 ? [...shapes][0] : undefined;
    if (only === 'numbers') return { kind: 'integers' };
    if (only === 'pairs' || only === 'tensors') return { kind: only };
    if (shapes.size === 2 && shapes.has('number') && shapes.has('numbers')) {
      return { kind: 'integerOrIntegers' };
    }
    if (members.some((member) => member.getCallSignatures().length > 0)) {
      return { kind: 'function' };
    }
    const object = members.length === 1 && (type.flags & ts.TypeFlags.Object) !== 0;
    return { kind: object && only === undefined ? 'options' : 'other' };
  }

  /** `number | 'valid' | 'same'`, with or without pairs: the texts, if that is what it is. */
  #padding(members: readonly ts.Type[]): string[] | undefined {
    const texts = members.flatMap((member) => (member.isStringLiteral() ? [member.value] : []));
    const kinds = members
      .filter((member) => !member.isStringLiteral())
      .map((member) => this.#arrayKind(member));
    const fits =
      kinds.includes('number') && kinds.every((kind) => kind === 'number' || kind === 'pairs');
    return fits && texts.toSorted().join() === 'same,valid' ? texts : undefined;
  }

  #arrayKind(type: ts.Type): 'number' | 'numbers' | 'pairs' | 'tensors' | undefined {
    if ((type.flags & ts.TypeFlags.NumberLike) !== 0) return 'number';
    const checker = this.#checker;
    if (!checker.isArrayType(type) && !checker.isTupleType(type)) return undefined;
    const items = checker.getTypeArguments(type as ts.TypeReference).map((item) => {
      const bound = this.#bound(item);
      const members = bound.isUnion() ? bound.types.map((member) => this.#bound(member)) : [bound];
      if (members.some((member) => this.#isTensor(member))) return 'tensors';
      return members.length === 1 && members[0] !== undefined
        ? this.#arrayKind(members[0])
        : undefined;
    });
    const all = (kind: string) => items.length > 0 && items.every((item) => item === kind);
    if (all('number')) return 'numbers';
    if (all('numbers')) return 'pairs';
    return all('tensors') ? 'tensors' : undefined;
  }

  #form(declared: ts.Type): TableEntry['form'] {
    const type = this.#bound(declared);
    const checker = this.#checker;
    if (this.#isTensor(type)) return { kind: 'single' };
    if (type.isUnion()) {
      const all = type.types.every((member) => this.#isTensor(this.#bound(member)));
      return { kind: all ? 'single' : 'other' };
    }
    if (type.symbol?.name === 'Promise') return { kind: 'async' };
    if (checker.isTupleType(type)) {
      const items = checker.getTypeArguments(type as ts.TypeReference);
      const all = items.every((item) => this.#isTensor(this.#bound(item)));
      return all ? { kind: 'tuple', length: items.length } : { kind: 'other' };
    }
    if (checker.isArrayType(type)) {
      return { kind: this.#arrayKind(type) === 'tensors' ? 'list' : 'other' };
    }
    if (type.getStringIndexType() !== undefined) return { kind: 'named' };
    const members = type.getProperties();
    const tensors = members.every((member) =>
      this.#isTensor(this.#bound(checkerType(checker, member, this.#entry))),
    );
    return members.length > 0 && tensors && (type.flags & ts.TypeFlags.Object) !== 0
      ? { kind: 'fields', fields: members.map((member) => member.name) }
      : { kind: 'other' };
  }

  #bound(type: ts.Type): ts.Type {
    return type.isTypeParameter() ? (this.#checker.getBaseConstraintOfType(type) ?? type) : type;
  }

  #isTensor(type: ts.Type): boolean {
    const parts = type.isUnion() ? type.types : [type];
    return parts.every((part) => part.symbol?.name === 'Tensor');
  }
}

function checkerType(checker: ts.TypeChecker, symbol: ts.Symbol, at: ts.Node): ts.Type {
  return checker.getTypeOfSymbolAtLocation(symbol, at);
}

/** The file whose conversions tell the dtypes, where it is not the one that declares the op. */
function sourceFile(name: string, declared: string): string {
  const [namespace, member] = name.split('.');
  if (member === undefined || !declared.endsWith('/ops.d.ts')) {
    return declared.replace(/\.d\.ts$/, '.js');
  }
  const snake = member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return join(opsFolder, namespace ?? '', `${snake}.js`);
}

/**
 * `convertToTensor(x, 'x', 'sqrt', 'float32')` refuses every other dtype, and reads literals as that one. The
 * declarations do not tell, the code beside them does.
 */
function readDtypes(name: string, declared: string): Map<string, DType> {
  const asked = new Map<string, DType>();
  const file = sourceFile(name, declared);
  if (!existsSync(file)) return asked;
  const conversion = /convertToTensor\((\w+),\s*['"`][^,)]*,\s*['"`][^,)]*,\s*'(\w+)'\)/g;
  for (const [, parameter, dtype] of readFileSync(file, 'utf8').matchAll(conversion)) {
    if (parameter !== undefined && dtype !== undefined && dtypes.includes(dtype)) {
      asked.set(parameter, dtype as DType);
    }
  }
  return asked;
}

export function readTable(): Record<string, TableEntry> {
  return new TableReader().read();
}

/** The text of src/table.generated.ts. */
export function tableSource(table: Record<string, TableEntry>): string {
  const param = ({ name, kind, optional, choices, dtype, rest }: TableParam) =>
    [
      `name: '${name}', kind: '${kind}', optional: ${optional}`,
      ...(choices === undefined ? [] : [`choices: [${choices.map((c) => `'${c}'`).join(', ')}]`]),
      ...(dtype === undefined ? [] : [`dtype: '${dtype}'`]),
      ...(rest === undefined ? [] : ['rest: true']),
    ].join(', ');
  const form = (value: TableEntry['form']) => {
    if (value.kind === 'tuple') return `{ kind: 'tuple', length: ${value.length} }`;
    if (value.kind === 'fields') {
      return `{ kind: 'fields', fields: [${value.fields.map((f) => `'${f}'`).join(', ')}] }`;
    }
    return `{ kind: '${value.kind}' }`;
  };
  const entries = Object.entries(table).map(([name, entry]) => {
    const key = name.includes('.') ? `'${name}'` : name;
    const params = entry.params.map((each) => `      { ${param(each)} },\n`).join('');
    const list = params === '' ? '[]' : `[\n${params}    ]`;
    const { optionsFrom } = entry;
    const options = optionsFrom === undefined ? '' : `    optionsFrom: ${optionsFrom},\n`;
    return `  ${key}: {\n    params: ${list},\n${options}    form: ${form(entry.form)},\n  },\n`;
  });
  return [
    '// Made by tools/generate.ts from the declarations of tfjs; do not edit.\n\n',
    "import type { OpTable } from './table-types';\n\n",
    `export const table = {\n${entries.join('')}} as const satisfies OpTable;\n`,
  ].join('');
}
