/**
 * The worker in which the scientist's program runs, with the whole scientist's side of the duet. It has no connection of
 * its own: all it can reach is the port to the page's link. Ending it ends the program, whatever that is doing.
 */

import * as tf from '@tensorflow/tfjs';
import { joinDuet, Module, nn, type ScientistDuet } from 'duetjs';
import { errorWords } from '../shared/words';
import { compile, lineOf } from './program';
import type { CatalogueEntry, CatalogueField, FromRunner, ToRunner } from './runner-messages';
import { createOutput } from './runner-output';
import { showValue } from './show-value';

const send = (message: FromRunner): void => self.postMessage(message);
const output = createOutput(send);

function catalogueOf({ store }: ScientistDuet): CatalogueEntry[] {
  const access = new Map(store.table().map((row) => [row.id, row.access]));
  return store.list().map((entry) => {
    const pointers = 'fields' in entry ? entry.fields.map((field) => entry.field(field)) : [entry];
    const names = 'fields' in entry ? entry.fields : [''];
    const fields = pointers.map(
      ({ id, shape, dtype, columns }, at): CatalogueField => ({
        field: names[at] ?? '',
        id,
        shape,
        dtype,
        columns,
        isPublic: access.get(id) === 'public',
      }),
    );
    const { id, tags, description } = entry;
    const name = 'fields' in entry ? entry.name : '';
    return { id, isDataSet: 'fields' in entry, name, tags, description, fields };
  });
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

async function start(port: MessagePort): Promise<ScientistDuet> {
  // What arrives here is small, or goes on to be shown: the processor is at hand at once, and leaves the GPU alone.
  await tf.setBackend('cpu');
  const duet = await joinDuet(port);
  const tellCatalogue = () => send({ kind: 'catalogue', entries: catalogueOf(duet) });
  const tellActivity = () => {
    const { waiting, getting, objects } = duet.status;
    send({ kind: 'activity', activity: { waiting, getting, objects } });
  };
  duet.on('store', tellCatalogue);
  duet.on('status', tellActivity);
  tellCatalogue();
  send({ kind: 'ready' });
  return duet;
}

let duet: Promise<ScientistDuet> | undefined;

self.addEventListener('message', ({ data }: MessageEvent<ToRunner>) => {
  if (data.kind === 'start') {
    duet = start(data.port);
    duet.catch((error: unknown) => send({ kind: 'unusable', why: errorWords(error) }));
  } else {
    void duet?.then((joined) => run(data.code, joined));
  }
});

// A promise of the program that nobody awaits.
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  output.line('error', `Not awaited: ${errorWords(event.reason)}`);
});
