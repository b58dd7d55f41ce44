/** One person in the list of people: who they are, how they come here, what may be done. */

import type { Holding, Peer } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { authBadge, badgeMeans } from '../base/auth-badge';
import { pathWords } from '../base/path-words';
import { quotedWord } from '../base/peer-text';
import { clockTime, shortFingerprint, timeLeft, timesWords } from '../base/words';
import { holdingWords } from './holding-words';

export interface PersonParts {
  readonly peer: Peer;
  readonly holding: Holding | undefined;
  /** Had they lost the connection before? */
  readonly wasAway: boolean;
  /** Does what a button says, and shows what went wrong with it. */
  readonly act: (action: () => void) => void;
}

/** A scientist who waits, is joined, or has lost the connection. */
export function personRow({ peer, holding, wasAway, act }: PersonParts): TemplateResult {
  const { status, name, fingerprint } = peer;
  return html`<li class="item" data-testid="person-${status}" data-fingerprint=${fingerprint}>
    <div class="grow">
      <div class="row">
        ${stateOf(peer, wasAway)}
        ${
          name === ''
            ? html`<span class="soft">a scientist without a name</span>`
            : html`<span><span class="soft small">calls themselves</span> ${quotedWord(name)}</span>`
        }
      </div>
      ${untilWhen(peer)} ${knownBefore(peer)} ${status === 'waiting' || !holding ? nothing : heldFor(holding)}
    </div>
    <div class="actions">
      ${
        status === 'waiting'
          ? html`<button type="button" class="primary" data-testid="admit" @click=${() => act(() => peer.admit())}>
            Admit
          </button>`
          : nothing
      }
      <button type="button" class="danger" data-testid="send-away" @click=${() => act(() => peer.disconnect())}>
        Send away
      </button>
    </div>
    ${proofOf(peer)}
  </li>`;
}

/** Whose requests are kept though they have left. */
export function absentRow(holding: Holding): TemplateResult {
  const { fingerprint, name } = holding;
  return html`<li class="item" data-testid="person-absent" data-fingerprint=${fingerprint}>
    <div class="grow">
      <span class="badge">has left</span> ${quotedWord(name)}
      <code title=${fingerprint}>${shortFingerprint(fingerprint)}</code>
      ${heldFor(holding)}
    </div>
  </li>`;
}

function stateOf({ status }: Peer, wasAway: boolean): TemplateResult {
  switch (status) {
    case 'waiting':
      return html`<span class="badge warn">waits</span>`;
    case 'joined':
      return html`<span class="badge good">${wasAway ? 'joined, back again' : 'joined'}</span>`;
    case 'away':
      return html`<span class="badge warn">connection lost</span>`;
    case 'left':
      return html`<span class="badge">has left</span>`;
  }
}

function untilWhen({ awayUntil, status }: Peer): TemplateResult | typeof nothing {
  if (awayUntil === undefined) return nothing;
  return html`<div class="small" data-testid="person-away-until">
    ${status === 'waiting' ? 'Their connection is lost: they' : 'They'} may come back until ${clockTime(awayUntil)}<span class="soft" aria-live="off">, for
      <span class="countdown">${timeLeft(awayUntil.getTime() - Date.now())}</span> more</span>.
    ${status === 'waiting' ? nothing : 'What is theirs here waits for them.'}
  </div>`;
}

/** Whether this key was here before. A name proves nothing, so that it has changed is said. */
function knownBefore({ fingerprint, known, name }: Peer): TemplateResult {
  const key = html`<code title=${fingerprint}>${shortFingerprint(fingerprint)}</code>`;
  if (!known) {
    return html`<div class="small soft" data-testid="person-known" data-known="no">
      New to this browser. Fingerprint ${key}, the same whenever they come with theirs
    </div>`;
  }
  return html`<div class="small" data-testid="person-known" data-known="yes">
    Was here before: ${timesWords(known.sessions, known.firstSeen)}, with the same key ${key}.
    ${
      known.name === name
        ? nothing
        : html`Last time ${known.name === '' ? 'they gave no name' : html`they called themselves ${quotedWord(known.name)}`}.`
    }
  </div>`;
}

function heldFor(holding: Holding): TemplateResult {
  return html`<div class="small soft" aria-live="off" data-testid="person-holding">
    Held for them: ${holdingWords(holding)}
  </div>`;
}

/** A line of its own: pictures to compare, and the way to them. */
function proofOf({ path, shortAuth, status }: Peer): TemplateResult | typeof nothing {
  if (!shortAuth) return nothing;
  return html`<div class="proof">
    ${authBadge(shortAuth, 'person-badge')}
    <div class="small soft">
      ${badgeMeans}
      ${
        path === undefined || status === 'away'
          ? nothing
          : html`<div data-testid="person-path" data-path=${path}>${pathWords[path].long}</div>`
      }
    </div>
  </div>`;
}
