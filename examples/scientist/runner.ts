/**
 * The worker in which the scientist's program runs, with the whole scientist's side of the duet. It has no connection of
 * its own: all it can reach is the port to the page's link. Ending it ends the program, whatever that is doing.
 */

import { errorWords } from '@duet/elements/words';
import * as tf from '@tensorflow/tfjs';
import { joinDuet, Module, nn, type Pointer, type ScientistDuet } from 'duetjs';
import { compile, lineOf } from './program';
import type {
  CatalogueEntry,
  CatalogueField,
  FromRunner,
  OwnEntry,
  ToRunner,
} from './runner-messages';
import { createOutput } from './runner-output';
import { showValue } from './show-value';

const send = (message: FromRunner): void => self.postMessage(message);
const output = createOutput(send);

/** Receipts that come meanwhile are told of together. */
const receiptsMs = 200;

function catalogueOf({ store }: ScientistDuet): CatalogueEntry[] {
  const access = new Map(store.table().map((row) => [row.id, row.access]));
  return store.list().map((entry) => {
    const pointers = 'fields' in entry ? entry.fields.map((field) => entry.field(field)) : [entry];
    const names = 'fields' in entry ? entry.fields : [''];
    const fields = pointers.map(
      ({ id, shape, dtype, columns, records }, at): CatalogueField => ({
        field: names[at] ?? '',
        id,
        shape,
        dtype,
        columns,
        records,
        isPublic: access.get(id) === 'public',
      }),
    );
    const { id, tags, description } = entry;
    const isDataSet = 'fields' in entry;
    const { name, persons, splits } = isDataSet
      ? entry
      : { name: '', persons: undefined, splits: [] };
    return { id, isDataSet, name, tags, description, fields, persons, splits };
  });
}

/** More are only counted. */
const mostOwnShown = 50;
/** A program makes them by the thousand. */
const ownMs = 500;

/** Tells what the scientist has at the owner's: at once, and then now and then. */
function ownOf({ store }: ScientistDuet): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hasChanged = false;
  const tell = (): void => {
    const own = store.mine();
    const entries = own.slice(0, mostOwnShown).map(ownEntry);
    send({ kind: 'mine', mine: { entries, total: own.length } });
    hasChanged = false;
    timer = setTimeout(() => {
      timer = undefined;
      if (hasChanged) tell();
    }, ownMs);
  };
  return () => {
    if (timer === undefined) tell();
    else hasChanged = true;
  };
}

function ownEntry({ id, shape, dtype, tags, madeBy }: Pointer): OwnEntry {
  return { id, shape, dtype, tags, madeBy };
}

async function run(code: string, duet: ScientistDuet): Promise<void> {
  output.restart();
  try {
    const names = { duet, tf, Module, nn, console: output.console };
    const program = compile(code, Object.keys(names));
    const result = await program(...Object.values(names));
    if (result !== undefined) output.line('result', showValue(result));
    end(false, undefined);
  } catch (error) {
    output.line(
      'error',
      error instanceof Error ? `${error.name}: ${error.message}` : showValue(error),
    );
    end(true, await lineOf(error));
  }
}

function end(failed: boolean, line: number | undefined): void {
  output.flush();
  send({ kind: 'ended', failed, line });
}

/** They outlive the session on the page only. Each says something once; a loop that gets many is told of now and then. */
function receiptsOf({ receipts }: ScientistDuet): () => void {
  let told: number | undefined;
  let isDue = false;
  return () => {
    if (isDue || receipts.list.at(-1)?.n === told) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      told = receipts.list.at(-1)?.n;
      send({ kind: 'receipts', text: receipts.export() });
    }, receiptsMs);
  };
}

/** As a program would, with what comes of it in the output. */
async function collect({ kept }: ScientistDuet, id: number): Promise<void> {
  const request = kept.list().find((each) => each.id === id);
  if (!request) return;
  try {
    const { name } = request;
    const value = await request.getValue();
    output.line(
      'result',
      `${name === '' ? `kept request ${id}` : showValue(name)}: ${showValue(value)}`,
    );
  } catch (error) {
    output.line('error', errorWords(error));
  }
  output.flush();
}

interface Joined {
  readonly duet: ScientistDuet;
  /** Tells the page what is at the owner's. Making things there is no event. */
  readonly tellObjects: () => void;
}

async function start(port: MessagePort): Promise<Joined> {
  // What arrives here is small, or goes on to be shown: the processor is at hand at once, and leaves the GPU alone.
  await tf.setBackend('cpu');
  const duet = await joinDuet(port);
  const tellCatalogue = () => send({ kind: 'catalogue', entries: catalogueOf(duet) });
  const tellOwn = ownOf(duet);
  const tellObjects = () => {
    const { waiting, getting, objects } = duet.status;
    send({ kind: 'activity', activity: { waiting, getting, objects } });
    tellOwn();
  };
  const tellKept = () => send({ kind: 'kept', rows: duet.kept.table() });
  duet.on('store', tellCatalogue);
  duet.on('renewed', ({ gone }) => send({ kind: 'renewed', gone }));
  duet.on('status', tellObjects);
  duet.on('status', receiptsOf(duet));
  duet.on('kept', tellKept);
  tellCatalogue();
  tellObjects();
  tellKept();
  send({ kind: 'ready' });
  return { duet, tellObjects };
}

let joined: Promise<Joined> | undefined;

self.addEventListener('message', ({ data }: MessageEvent<ToRunner>) => {
  if (data.kind === 'start') {
    joined = start(data.port);
    joined.catch((error: unknown) => send({ kind: 'unusable', why: errorWords(error) }));
  } else {
    void joined?.then((there) => obey(data, there));
  }
});

async function obey(
  message: Exclude<ToRunner, { readonly kind: 'start' }>,
  { duet, tellObjects }: Joined,
): Promise<void> {
  switch (message.kind) {
    case 'run':
      await run(message.code, duet);
      tellObjects();
      break;
    case 'collect':
      await collect(duet, message.id);
      break;
    case 'forget':
      duet.kept
        .list()
        .find(({ id }) => id === message.id)
        ?.forget();
      break;
  }
}

// A promise of the program that nobody awaits.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  output.line('error', `Not awaited: ${errorWords(event.reason)}`);
});
