/** What a scientist has on the owner's side, as it is told to a page of theirs that does not know it. */

import { limits, type Mine, type MineItem } from '@duet/protocol';
import { mayRead } from './labels';
import type { Lineage } from './lineage';
import type { Workspace } from './workspace';

/** About what is written of one item besides its words; and at most of a code point of these. */
const itemBytes = 256;
const codePointBytes = 4;

export class MineList {
  readonly #space: Workspace;
  readonly #told = new Set<number>();
  /** Later ids are of the page that is told. */
  #lastId = 0;

  constructor(space: Workspace) {
    this.#space = space;
  }

  /** All that lives, by id, in messages within the limits. */
  begin(): readonly Mine[] {
    this.#told.clear();
    this.#lastId = this.#space.objects.lastId;
    return this.more();
  }

  /** What was bound since, of what an earlier page has begun. */
  more(): readonly Mine[] {
    const items = this.#items();
    for (const { id } of items) this.#told.add(id);
    return messagesOf(items);
  }

  /** The present page has made everything itself. */
  clear(): void {
    this.#told.clear();
    this.#lastId = 0;
  }

  /** It was told, and is gone: true once. */
  forget(id: number): boolean {
    return this.#told.delete(id);
  }

  #items(): readonly MineItem[] {
    const { objects, peer } = this.#space;
    return (
      objects
        .entries()
        // Further outputs cannot be named by a message.
        .filter(({ path: [output = 0] }) => output < limits.outputs)
        .filter(({ id }) => id <= this.#lastId && !this.#told.has(id))
        .sort((a, b) => a.id - b.id || (a.path[0] ?? 0) - (b.path[0] ?? 0))
        .map(({ id, path, version: { meta, words, label, lineage } }) => ({
          id,
          path,
          meta,
          tags: words?.tags ?? [],
          description: words?.description ?? '',
          op: opOf(lineage),
          readable: mayRead(label, peer.fingerprint),
        }))
    );
  }
}

/** What made it: an op, or a plan by its hash; nothing where it was sent. */
function opOf(lineage: Lineage): string {
  if (lineage.kind !== 'call') return '';
  return lineage.plan ? `plan ${lineage.plan.hash.slice(0, 8)}` : lineage.op;
}

/** All outputs of one id stay together: there are fewer than a message may have, and they have no words. */
function messagesOf(items: readonly MineItem[]): readonly Mine[] {
  const messages: Mine[] = [];
  let part: MineItem[] = [];
  let bytes = 0;
  for (const together of byId(items)) {
    const more = together.reduce((sum, item) => sum + mostBytesOf(item), 0);
    const isFull = part.length + together.length > limits.mineItems;
    if (part.length > 0 && (isFull || bytes + more > limits.messageBytes)) {
      messages.push({ kind: 'mine', items: part });
      part = [];
      bytes = 0;
    }
    part.push(...together);
    bytes += more;
  }
  if (part.length > 0) messages.push({ kind: 'mine', items: part });
  return messages;
}

function byId(items: readonly MineItem[]): Iterable<readonly MineItem[]> {
  const groups = new Map<number, MineItem[]>();
  for (const item of items) {
    const group = groups.get(item.id);
    if (group) group.push(item);
    else groups.set(item.id, [item]);
  }
  return groups.values();
}

function mostBytesOf({ tags, description }: MineItem): number {
  const words = [...tags, description];
  return words.reduce((sum, text) => sum + text.length * codePointBytes, itemBytes);
}
