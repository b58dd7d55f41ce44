/** What can be said of the image without a container: what is copied exists, what is run exists, who runs it. */

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import rootPackage from '../../package.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import { parseFlags } from '../src/flags';

const inRepository = (path: string): string =>
  fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The instructions, continued lines joined. */
const instructions = readFileSync(inRepository('Dockerfile'), 'utf8')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => line.replaceAll(/\s+/g, ' '));
const of = (name: string): string[] =>
  instructions
    .filter((line) => line.startsWith(`${name} `))
    .map((line) => line.slice(name.length + 1));
const lastStage = instructions.slice(
  instructions.findLastIndex((line) => line.startsWith('FROM ')),
);

const environment = Object.fromEntries(
  of('ENV')
    .flatMap((line) => line.split(' '))
    .map((pair) => pair.split('=') as [string, string]),
);

describe('the Dockerfile', () => {
  test('is of two stages, on a Node that the packages run on', () => {
    expect(of('FROM')).toEqual(['node:20-slim AS build', 'node:20-slim']);
    expect(rootPackage.engines.node).toBe('>=20.19');
  });

  test('the first has all that its steps need, and no more of what was there', () => {
    const ignored = readFileSync(inRepository('.dockerignore'), 'utf8').trim().split('\n');
    expect(ignored).toEqual(expect.arrayContaining(['.git', '**/node_modules', '**/dist']));
    expect(existsSync(inRepository('package-lock.json'))).toBe(true);
    expect(of('RUN')).toEqual(['npm ci --ignore-scripts', `npm run build -w ${packageJson.name}`]);
    expect(packageJson.scripts.build).toBe('tsx tools/build.ts');
  });

  test('the second has the published folder alone', () => {
    const copies = lastStage.filter((line) => line.startsWith('COPY '));
    expect(copies).toEqual(['COPY --from=build /build/signaling-server/dist/ ./']);
    const build = readFileSync(inRepository('signaling-server/tools/build.ts'), 'utf8');
    expect(build).toContain("inPackage('dist/pages')");
  });

  test('runs the command as a user without rights, on the port that it names', () => {
    const user = lastStage.indexOf('USER node');
    const command = lastStage.indexOf('CMD ["node", "duetjs-signaling.js"]');
    expect(user).toBeGreaterThan(0);
    expect(command).toBeGreaterThan(user);
    expect(packageJson.bin['duetjs-signaling']).toBe('./dist/duetjs-signaling.js');
    const flags = parseFlags([], environment);
    expect(flags).toMatchObject({ host: '0.0.0.0', port: parseFlags([]).port, log: 'json' });
    expect(of('EXPOSE')).toEqual([String(flags.port)]);
  });

  test('its health check asks the server’s own address, and says what it heard', () => {
    const [check = ''] = of('HEALTHCHECK');
    expect(check).toContain("'/health'");
    expect(check).toContain('process.env.DUET_SIGNALING_PORT');
    expect(check).toMatch(/^--interval=\d+s --timeout=\d+s --start-period=\d+s CMD \["node"/);
  });
});
