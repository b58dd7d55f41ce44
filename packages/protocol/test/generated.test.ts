import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { staleFiles } from '../tools/generate';

it('the codec is the one that duet.proto generates', () => {
  expect(staleFiles(), 'run npm run generate -w @duet/protocol').toEqual([]);
});

it('the codec makes no code from text, so that it works under a strict policy', () => {
  const source = readFileSync(new URL('../src/generated/duet.js', import.meta.url), 'utf8');
  expect(source).not.toMatch(/\beval\s*\(|new Function|Function\s*\(/);
  expect(source).toContain('from "protobufjs/minimal.js"');
});
