/** The text of docs/ops.md, from the policy. */

import { allowedOps, chainedMethods, findOp, type OpSpec, type ParamSpec } from '../src';
import type { Policy } from '../src/policy';
import { policy } from '../src/policy';

const kinds: Readonly<Record<ParamSpec['kind'], string>> = {
  tensor: 'tensor',
  tensors: 'tensors',
  number: 'number',
  integer: 'integer',
  flag: 'boolean',
  dtype: 'dtype',
  shape: 'shape',
  integers: 'integers',
  integerOrIntegers: 'integer or integers',
  pairs: 'pairs',
  choice: 'choice',
};

function parameter({ name, kind, optional, choices, dtype }: ParamSpec): string {
  const what = choices === undefined ? kinds[kind] : choices.join(' or ');
  return `${name}${optional ? '?' : ''}: ${dtype === undefined ? what : `${dtype} ${what}`}`;
}

function row(spec: OpSpec): string {
  const notes = [
    ...(spec.dataDependence === 'clamped' ? ['indices are clamped to the axis'] : []),
    ...(spec.dataDependence === 'random' ? ['`seed` is drawn and sent where it is left out'] : []),
    ...(spec.form.kind === 'fields' ? [`gives ${spec.form.fields.join(' and ')}`] : []),
    ...(spec.form.kind === 'list' ? ['gives a list'] : []),
  ];
  return `| \`${spec.name}\` | ${spec.params.map(parameter).join(', ')} | ${notes.join('; ')} |`;
}

export function opsPage(): string {
  const denied = Object.entries<Policy>(policy).flatMap(([name, stance]) =>
    stance.kind === 'deny' ? [{ name, ...stance }] : [],
  );
  const reason = (each: (typeof denied)[number]) => `| \`${each.name}\` | ${each.reason} |`;
  const byName = [...denied].sort((a, b) => (a.name < b.name ? -1 : 1));
  const aliases = chainedMethods.filter((each) => findOp(each.method) === undefined);
  return [
    '# Ops',
    '',
    'What can be called on pointers, as `duet.tf.<op>(…)`, and what cannot, with the reason. Made from the policy in',
    '`packages/ops/src/policy.ts` by `npm run generate`; do not edit.',
    '',
    `Of the ${allowedOps.length + denied.length} ops of TensorFlow.js, ${allowedOps.length} can be called and ${denied.length} cannot.`,
    '',
    '- Shapes, dtypes and errors are those of TensorFlow.js. A call that cannot work throws where it is written.',
    '- A tensor is a pointer, a local tensor, a number or a nested array. A parameter with a dtype takes that dtype alone.',
    '- Indices that depend on private values are clamped, so that no value can make an op fail. A wrong index that you wrote',
    '  yourself is an error.',
    '- Strings can be sent and got, not computed on. complex64 goes where an op only moves or adds elements.',
    '',
    '## Allowed',
    '',
    '| op | parameters | notes |',
    '| --- | --- | --- |',
    ...allowedOps.map(row),
    '',
    '## Methods of pointers',
    '',
    `Pointers have these ${chainedMethods.length} methods, as tensors do: every one of the ops above that tensors have as a method, and`,
    `${aliases.map((each) => `\`${each.method}\``).join(', ')}.`,
    '',
    '## Denied',
    '',
    '| op | why |',
    '| --- | --- |',
    ...byName.map(reason),
    '',
  ].join('\n');
}
