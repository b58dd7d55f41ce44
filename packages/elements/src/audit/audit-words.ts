import { type AuditEntry, type AuditReport, visibleText } from 'duetjs';
import { html, type TemplateResult } from 'lit';
import { pathWords } from '../base/path-words';
import { quotedWord } from '../base/peer-text';
import { count } from '../base/words';

type Kind = AuditEntry['kind'];

export const auditKinds: Readonly<Record<Kind, string>> = {
  request: 'requests',
  decision: 'decisions',
  release: 'releases',
  handler: 'handlers',
  'too-narrow': 'handlers that were too narrow',
  peer: 'people',
  invite: 'invites',
  strangers: 'strangers who knocked',
  published: 'what was published',
  wiped: 'what was forgotten',
  refused: 'what was refused',
  failure: 'failures',
  opened: 'pages that began',
  closed: 'pages that ended',
  more: 'what came too fast to be listed',
  cut: 'entries that are gone',
};

const peerWords: Readonly<Record<Extract<AuditEntry, { kind: 'peer' }>['state'], string>> = {
  knocked: 'knocked',
  joined: 'joined',
  refused: 'refused',
  left: 'left',
  paused: 'paused',
  resumed: 'resumed',
  ended: 'ended',
  away: 'away: the connection was lost',
  back: 'back',
  returning: 'may come back: admitted before the page was loaded again',
};

/** An entry as one line. Names in it are the scientists', and shown as such. */
export function entryWords(entry: AuditEntry): TemplateResult {
  switch (entry.kind) {
    case 'opened':
      return html`${entry.gap ? 'The page began. The one before did not end in order: its newest entries may be missing.' : 'The page began.'}`;
    case 'closed':
      return html`The page ended in order.`;
    case 'cut':
      return html`Entries up to ${entry.upTo} are gone.`;
    case 'more':
      return html`${count(entry.count, 'entry', 'entries')} more of this kind: ${entry.what}.`;
    case 'peer':
      return html`${quotedWord(entry.name)} ${peerWords[entry.state]}${entry.path === undefined ? '' : `, ${pathWords[entry.path].short}`}${entry.code === undefined ? '' : ` (${entry.code})`}`;
    case 'invite':
      return html`Invite <code>…${visibleText(entry.invite.slice(-8))}</code> ${inviteWords(entry)}.`;
    case 'strangers':
      return html`${count(entry.count, 'stranger')} came to an invite’s room without having the invite.`;
    case 'wiped':
      return html`${count(entry.objects, 'kept object')} forgotten in this browser.`;
    case 'published':
      return html`${visibleText(entry.name)} (${entry.object}) ${entry.how}${entry.before === undefined ? '' : `, in the place of ${entry.before}`}`;
    case 'request': {
      const { request, facts } = entry;
      return html`${request} ${quotedWord(facts.name)} ${count(facts.elements, 'number')} of class ${facts.class}`;
    }
    case 'too-narrow':
      return html`${entry.request}: ${entry.handler} may not. ${visibleText(entry.why)}`;
    case 'decision':
      return html`${entry.request} ${entry.outcome}${byWords(entry.by)}`;
    case 'release': {
      const { request, elements, failure, digits, by } = entry;
      const what = failure ?? count(elements, 'number');
      return html`${request}: ${what}${digits === undefined ? '' : `, to ${digits} digits`}${byWords(by)}`;
    }
    case 'handler':
      return html`${entry.handler} ${entry.what}. ${visibleText(entry.words)}`;
    case 'refused':
      return html`${entry.code}${entry.count > 1 ? `, ${entry.count} times` : ''}`;
    case 'failure':
      return html`${visibleText(entry.what)}`;
  }
}

function inviteWords({ what, usesLeft }: Extract<AuditEntry, { kind: 'invite' }>): string {
  const left =
    usesLeft === 0 ? 'lets nobody in any more' : `lets ${count(usesLeft, 'scientist')} in`;
  return what === 'restored' ? `is open again after a reload, ${left}` : `${what}, ${left}`;
}

function byWords(by: string | undefined): string {
  if (by === undefined) return '';
  return by === 'owner' ? ', by you' : `, by handler ${by}`;
}

export function reportWords({ ok, fault, from, to, signedHeads, gaps }: AuditReport): string {
  if (!ok) return `There is a fault in line ${fault?.line}: ${fault?.what}`;
  const gap = gaps.length === 0 ? '' : ` ${count(gaps.length, 'page')} did not end in order.`;
  return `Nothing was changed, taken out or put in: entries ${from} to ${to}, ${count(signedHeads, 'signed head')}.${gap}`;
}
