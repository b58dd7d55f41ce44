/** The README's programs, run as they stand there: one against the other, over a channel in memory. */

import { readFileSync } from 'node:fs';
import { makeIdentity, memoryPair, shakeHands } from '@duet/link';
import { ScientistSession } from '@duet/scientist';
import * as tf from '@tensorflow/tfjs';
import { OwnerDuet, type OwnerRequest, visibleText } from 'duetjs';
import { expect, it } from 'vitest';
import { leftovers, until } from '../src';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** The block of code that the README marks with this word. */
function blockOf(side: 'owner' | 'scientist' | 'training'): string {
  const found = new RegExp(`^\`\`\`js ${side}\\n([^]*?)^\`\`\`$`, 'm').exec(read('README.md'));
  if (found?.[1] === undefined) throw new Error(`The README has no code of the ${side}.`);
  return found[1];
}

const AsyncFunction = (async () => undefined).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<unknown>;

/** Runs a block with what it imports, and what its page gives it, by name. */
function run(
  code: string,
  given: Readonly<Record<string, unknown>>,
  result = '',
): Promise<unknown> {
  const body = code.replaceAll(/^import .*;\n/gm, '');
  const words = Object.keys(given);
  return new AsyncFunction(...words, `${body}\n${result}`)(...Object.values(given));
}

interface Job {
  readonly owner: OwnerDuet;
  readonly duet: ScientistSession;
  /** What the owner was asked, and answered with yes. */
  readonly confirmed: readonly string[];
  readonly decided: readonly OwnerRequest[];
  readonly printed: readonly unknown[];
}

/** The owner's program, and against it one of the scientist's. */
async function play(side: 'scientist' | 'training'): Promise<Job> {
  const owner = new OwnerDuet(await makeIdentity(), { backend: 'cpu' });
  const confirmed: string[] = [];
  const decided: OwnerRequest[] = [];
  owner.on('decision', (request) => decided.push(request));
  await run(blockOf('owner'), {
    tf,
    visibleText,
    fetch: async () => new Response(read('examples/public/data/breast-cancer.csv')),
    confirm: (question: string) => confirmed.push(question) > 0,
    launchDuet: async () => owner,
  });

  const wire = memoryPair();
  const joinDuet = async (_: string, { name }: { name: string }) => {
    const [, joining] = await Promise.all([
      owner.receive(wire.a, undefined),
      shakeHands(wire.b, {
        role: 'scientist',
        identity: await makeIdentity(),
        software: 'test',
        name,
      }),
    ]);
    await joining.admitted;
    return ScientistSession.open(joining.link);
  };
  const printed: unknown[] = [];
  const log = (...values: unknown[]) => printed.push(...values);
  const given = { tf, joinDuet, invite: '', console: { log } };
  const duet = await run(blockOf(side), given, 'return duet;');
  return { owner, duet: duet as ScientistSession, confirmed, decided, printed };
}

async function expectEnded({ owner, duet }: Job): Promise<void> {
  await until(() => owner.peers.length === 0);
  await owner.close();
  expect(leftovers({ owner, scientist: duet })).toEqual({
    scientistIds: 0,
    scientistPending: 0,
    ownerObjects: 0,
    ownerRequests: 0,
  });
}

it('the README does the main job, in under 60 lines of code', async () => {
  await tf.setBackend('cpu');
  const before = tf.memory().numTensors;
  const job = await play('scientist');

  const [learned, accuracy] = job.printed as [number[][], number];
  expect(learned).toHaveLength(31);
  expect(accuracy).toBeGreaterThanOrEqual(0.94);
  expect(job.confirmed).toEqual([
    'Let Grace in?',
    expect.stringMatching(/^weights: Which measurements matter\. 31 numbers\. .*breast-cancer\.X/),
  ]);
  expect(
    job.decided.map(({ name, decidedBy, class: formed }) => [name, decidedBy, formed]),
  ).toEqual([
    ['weights', 'owner', 'record'],
    ['accuracy', 'h1', 'metric'],
  ]);
  // A handler rounds what it releases of a metric.
  expect(accuracy).toBeCloseTo(Number(accuracy.toPrecision(4)), 6);
  await expectEnded(job);
  // The engine of someone who has left is freed in its own time.
  await until(() => tf.memory().numTensors === before);

  const lines = `${blockOf('owner')}${blockOf('scientist')}`
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  expect(lines.length).toBeLessThan(60);
});

it('the README trains a model: its losses and accuracies by the handler, its weights by the owner', async () => {
  await tf.setBackend('cpu');
  const job = await play('training');
  const logs = job.printed.filter((value) => typeof value === 'object') as {
    readonly loss: number;
    readonly acc: number;
  }[];
  expect(logs).toHaveLength(5);
  expect(logs.at(-1)?.acc).toBeGreaterThanOrEqual(0.94);
  expect(logs.at(-1)?.loss).toBeLessThan(logs[0]?.loss ?? 0);
  const decided = job.decided.map(
    ({ name, status, decidedBy }) => `${name} ${status} by ${decidedBy}`,
  );
  expect(decided.sort()).toEqual([
    ...Array.from({ length: 5 }, () => 'acc accepted by h1'),
    ...Array.from({ length: 5 }, () => 'loss accepted by h1'),
    'weights accepted by owner',
  ]);
  expect(job.confirmed).toHaveLength(2);
  await expectEnded(job);
});
