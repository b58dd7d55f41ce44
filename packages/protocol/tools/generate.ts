/** Writes src/generated from duet.proto. `--check` writes elsewhere and compares instead. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const room = join(dirname(fileURLToPath(import.meta.url)), '..');
const generated = join(room, 'src', 'generated');
const files = ['duet.js', 'duet.d.ts'] as const;
const cli = dirname(createRequire(import.meta.url).resolve('protobufjs-cli/package.json'));

/** Encode and decode only, on protobufjs/minimal: no eval, 13 KB gzipped. */
const flags = [
  '--no-create',
  '--no-verify',
  '--no-convert',
  '--no-delimited',
  '--no-service',
  '--no-typeurl',
];

export function generate(into: string): void {
  const js = join(into, files[0]);
  const dts = join(into, files[1]);
  const proto = join(room, 'duet.proto');
  const run = (tool: string, ...args: string[]) =>
    execFileSync(process.execPath, [join(cli, 'bin', tool), ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const pbjs = (...args: string[]) =>
    run('pbjs', '-t', 'static-module', '-w', 'es6', ...flags, ...args, '-o', js, proto);
  // The declarations are made from the comments, which the shipped file does without.
  pbjs();
  run('pbts', '-o', dts, js);
  pbjs('--no-comments');
  const rewrite = (file: string, from: RegExp, to: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace(from, to));
  rewrite(js, /from "protobufjs\/minimal(?:\.js)?"/, 'from "protobufjs/minimal.js"');
  // No field is 64 bits wide.
  rewrite(dts, /^import Long = .*\n/m, '');
}

/** The generated files that differ from the committed ones. */
export function staleFiles(): string[] {
  const scratch = mkdtempSync(join(tmpdir(), 'duet-proto-'));
  try {
    generate(scratch);
    const text = (folder: string, file: string) =>
      readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n');
    return files.filter((file) => text(scratch, file) !== text(generated, file));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generate(generated);
