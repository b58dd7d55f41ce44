/** What launchDuet and joinDuet print, for people who work in the console. Peer texts are shown with every trick visible. */

import { toNested } from '@duet/engine';
import type { Peer } from '@duet/owner';
import { type DuetError, quotedText, visibleText } from '@duet/protocol';
import type { OwnerDuet } from './owner-duet';

function say(...words: unknown[]): void {
  // biome-ignore lint/suspicious/noConsole: `logging` is this, and can be switched off.
  console.log(...words);
}

/** The page itself runs what scientists ask for, since no worker could be started. */
export function warnOfPage(why: DuetError): void {
  // biome-ignore lint/suspicious/noConsole: `logging` is this, and can be switched off.
  console.warn(
    `Duet runs computations in the page itself, one scientist at a time: long ones will hold it up. ${why.message}`,
  );
}

/** Handlers, quotas and the audit end with the page. */
export function warnOfStorage(why: string): void {
  // biome-ignore lint/suspicious/noConsole: `logging` is this, and can be switched off.
  console.warn(
    `Duet keeps handlers, quotas and the audit only as long as this page is open. ${why}`,
  );
}

/** Releases wait until it can be written again. */
export function warnOfAudit(why: DuetError): void {
  // biome-ignore lint/suspicious/noConsole: `logging` is this, and can be switched off.
  console.warn(`Duet could not write its audit, and releases nothing until it can. ${why.message}`);
}

export function announceOwner(duet: OwnerDuet): void {
  say(
    `Duet is open. Send this to the scientist, over a way that you trust:\n\n${duet.invite.instructions()}`,
  );
  for (const peer of duet.peers) say(personWords(peer));
  duet.on('peer', (peer) => say(personWords(peer)));
  duet.on('stranger', () =>
    say('Someone came to the invite’s room at the signaling server without having the invite.'),
  );
  duet.on('request', ({ id, peer, name, reason }) =>
    say(
      `Request ${id} from ${visibleText(peer.name) || peer.fingerprint.slice(0, 8)}: ${quotedText(name)}, ${quotedText(reason)}`,
    ),
  );
  duet.on('narrow', (request, { handler, why }) =>
    say(`Handler ${handler} matches request ${request} and leaves it to you. ${why}`),
  );
  duet.on('failed', (error) => say('A handler failed:', error));
  // The owner asked for these values to be shown, by a handler with `printLocal`.
  duet.on('print', ({ request, name, outcome, value }) =>
    say(
      `Request ${request} ${quotedText(name)} (${outcome}):`,
      value ? toNested(value) : 'the computation failed',
    ),
  );
}

/** Who it is, how they stand, and what both can compare. */
function personWords({ id, name, status, shortAuth, known, awayUntil }: Peer): string {
  const who = `Scientist ${visibleText(name) || id} (${id}): ${status}`;
  if (status === 'away' && awayUntil) {
    return `${who}. They may come back until ${awayUntil.toLocaleTimeString()}.`;
  }
  if (status !== 'waiting' || !shortAuth) return `${who}.`;
  const badge = `${shortAuth.emoji.join(' ')} (${shortAuth.words.join(', ')})`;
  const before = known
    ? `admitted before, last on ${known.lastSeen.toLocaleDateString()}`
    : 'new here';
  return `${who}, ${before}. If nobody is in between, their page shows ${badge}, too.`;
}
