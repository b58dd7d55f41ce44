/** What is told while the page comes in, and when it is out again. */

import { authBadge, badgeMeans, quotedWord, shortFingerprint, timesWords } from '@duet/elements';
import type { ConnectionStatus, DuetError, OwnerFacts } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';

/** On the way in. */
export interface Joining {
  readonly phase: 'joining';
  readonly status: ConnectionStatus;
  readonly cancel: AbortController;
  /** Once it is known who they are. */
  readonly owner: OwnerFacts | undefined;
}

const statusWords: Readonly<Record<ConnectionStatus, string>> = {
  joining: 'Looking for the owner…',
  connecting: 'Connecting to the owner’s browser…',
  securing: 'Making sure that it is them…',
  'waiting for the owner to admit you':
    'The owner sees you and must admit you. Leave this page open.',
  connected: 'Connected.',
  reconnecting: 'The connection was lost. Looking for the owner’s page…',
  closed: 'Not connected.',
};

export function joiningPanel({ status, cancel, owner }: Joining): TemplateResult {
  return html`<div class="panel">
    <p role="status" data-testid="joining" data-state=${status}>${statusWords[status]}</p>
    ${owner ? ownerFound(owner) : nothing}
    <div>
      <button type="button" data-testid="join-cancel" @click=${() => cancel.abort()}>Cancel</button>
    </div>
  </div>`;
}

function ownerFound({ name, fingerprint, known, shortAuth }: OwnerFacts): TemplateResult {
  return html`<p class="small">
      ${name === '' ? 'The owner' : html`The owner calls themselves ${quotedWord(name)},`} has the key
      <code title=${fingerprint}>${shortFingerprint(fingerprint)}</code>. ${knownWords(known)}
    </p>
    <div class="proof">
      ${authBadge(shortAuth, 'badge')}
      <div class="small soft">${badgeMeans}</div>
    </div>`;
}

/** Whether this browser has met them. A name proves nothing; the key does. */
export function knownWords(known: OwnerFacts['known']): TemplateResult {
  return html`<span data-testid="owner-known" data-known=${known ? 'yes' : 'no'}>${
    known
      ? `You have joined this owner before, ${timesWords(known.sessions, known.firstSeen)}: it is the same key.`
      : 'This browser has not met this owner before.'
  }</span>`;
}

/** What the end of a connection means here, where its error has to speak for both sides. */
export function endingWords({ code, from, message }: DuetError): string {
  if (code === 'peer-left' || (code === 'closed' && from === 'peer')) {
    return 'The owner has closed their duet. Ask them for a new invite.';
  }
  return code === 'closed' ? '' : message;
}
