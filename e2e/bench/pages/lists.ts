/** What one operation costs beside few and beside many others. Times are microseconds. Both sides are in this page. */

import { type Loopback, loopback, type Pointer } from 'duetjs';

interface Pair extends Loopback {
  /** What is asked for, in the order in which it was. */
  readonly asked: Pointer[];
}

const pairs = new Map<string, Pair>();

function pairOf(name: string): Pair {
  const pair = pairs.get(name);
  if (pair === undefined) throw new Error(`There is no pair ${name}.`);
  return pair;
}

const listed = { pendingRequests: 4096, objects: 65_536, actions: 1e9, messages: 1e9 };

async function open(name: string): Promise<Pair> {
  const made = await loopback({ owner: { limits: listed, logging: false } });
  const pair: Pair = { ...made, asked: [] };
  pairs.set(name, pair);
  return pair;
}

type Operation = (pair: Pair, at: number) => unknown;

/** Of one, on average over so many, each done to its end before the next. */
async function costOf(pair: Pair, count: number, operation: Operation): Promise<number> {
  const start = performance.now();
  for (let at = 0; at < count; at += 1) {
    const done = operation(pair, at);
    if (done instanceof Promise) await done;
  }
  return ((performance.now() - start) * 1000) / count;
}

// ---- waiting requests ---------------------------------------------------------------------------------------------

async function openRequests(name: string, waiting: number): Promise<void> {
  const pair = await open(name);
  const { owner } = pair;
  await owner.store.add([1, 2, 3], { tags: ['ages'] });
  owner.requests.addHandler({ action: 'deny', name: 'automatic' });
  for (let at = 0; at < waiting; at += 1) await ask(pair);
}

function ask({ owner, scientist, asked }: Pair): Promise<unknown> {
  const heard = new Promise((resolve) => owner.once('request', resolve));
  const pointer = scientist.store.get('ages').add(1);
  asked.push(pointer);
  pointer.request({ name: 'by hand' });
  return heard;
}

/** The oldest of them, whose value is then fetched. */
async function accept({ owner, scientist, asked }: Pair): Promise<void> {
  const heard = new Promise((resolve) => scientist.once('decision', resolve));
  await owner.requests.at(0).accept();
  await heard;
  await asked.shift()?.getValue();
}

function decide({ scientist }: Pair): Promise<unknown> {
  return scientist.store.get('ages').add(1).request({ name: 'automatic' }).decision;
}

/** Of one row. */
function table({ owner }: Pair): void {
  owner.requests.table();
}

async function requestCosts(name: string, count: number): Promise<Record<string, number>> {
  const pair = pairOf(name);
  const asked = await costOf(pair, count, ask);
  const accepted = await costOf(pair, count, accept);
  const decided = await costOf(pair, count, decide);
  const rows = pair.owner.requests.length;
  const listing = (await costOf(pair, 3, table)) / rows;
  return { ask: asked, accept: accepted, decide: decided, row: listing };
}

// ---- the catalogue ------------------------------------------------------------------------------------------------

async function openCatalogue(name: string, objects: number): Promise<void> {
  const pair = await open(name);
  for (let at = 0; at < objects; at += 1) {
    await pair.owner.store.add([at], { tags: [`tag ${at}`] });
  }
  await until(pair.scientist, objects);
}

/** Everything that is published has been told. */
async function until({ store }: Pair['scientist'], objects: number): Promise<void> {
  while (store.length < objects) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function catalogueCosts(name: string, count: number): Promise<Record<string, number>> {
  const pair = pairOf(name);
  const { owner, scientist } = pair;
  const before = scientist.store.length;
  const last = before - 1;
  const byTag = await costOf(pair, count, () => scientist.store.get(`tag ${last}`));
  const byId = await costOf(pair, count, () => scientist.store.get(`p${before}`));
  const ownByTag = await costOf(pair, count, () => owner.store.get(`tag ${last}`));
  const added = await costOf(pair, count, async (_, at) => {
    const isTold = told(pair);
    await owner.store.add([at], { tags: [`new ${at}`] });
    await isTold;
  });
  const removed = await costOf(pair, count, async (_, at) => {
    const isTold = told(pair);
    owner.store.remove(owner.store.get(`new ${at}`).id);
    await isTold;
  });
  const rows = (await costOf(pair, 3, () => scientist.store.table())) / before;
  return { byTag, byId, ownByTag, add: added, remove: removed, row: rows };
}

/** The scientist's side has heard what has changed. */
function told({ scientist }: Pair): Promise<void> {
  return new Promise((resolve) => scientist.once('store', resolve));
}

Object.assign(globalThis, {
  bench: { openRequests, requestCosts, openCatalogue, catalogueCosts },
});
