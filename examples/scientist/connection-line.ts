/** Who this page is connected to, and how: in a line that is always in sight. */

import {
  clockTime,
  pathWords,
  quotedWord,
  shortFingerprint,
  smallAuthBadge,
  timeLeft,
} from '@duet/elements';
import type { Connection } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { knownWords } from './joining-panel';

export function ownerLine(connection: Connection): TemplateResult {
  const { ownerName, fingerprint, path, shortAuth } = connection;
  return html`<span class="small" data-testid="owner">
      ${ownerName === '' ? 'Owner' : html`Owner ${quotedWord(ownerName)}`}
      <code title=${fingerprint}>${shortFingerprint(fingerprint)}</code>
    </span>
    ${shortAuth ? smallAuthBadge(shortAuth, 'badge') : nothing}
    ${
      path === undefined
        ? nothing
        : html`<span class="badge" title=${pathWords[path].long} data-testid="connection-path" data-path=${path}>
            ${pathWords[path].short}
          </span>`
    }
    <button type="button" class="small" data-testid="leave" @click=${() => connection.close()}>Leave</button>`;
}

/** While the owner's page is sought; else who they are to this browser. */
export function connectionNotice(connection: Connection): TemplateResult {
  const { status, awayUntil } = connection;
  if (status !== 'reconnecting') return knownLine(connection);
  return html`<p class="notice warn" role="status" data-testid="reconnecting">
    The connection is lost, and the owner’s page is sought${
      awayUntil === undefined
        ? ''
        : html` until ${clockTime(awayUntil)}<span aria-live="off">, for
          <span class="countdown">${timeLeft(awayUntil.getTime() - Date.now())}</span> more</span>`
    }. Nothing is lost: a program goes on when it is found. You may also leave.
  </p>`;
}

function knownLine({ known, shortAuth }: Connection): TemplateResult {
  return html`<p class="soft small">
    ${knownWords(known)}
    ${
      shortAuth
        ? `The pictures above, ${shortAuth.words.join(', ')}, stand on their page too, if nobody is in between.`
        : nothing
    }
  </p>`;
}
