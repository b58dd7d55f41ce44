/** What a reload on either side has left. */

import { html, nothing, type TemplateResult } from 'lit';
import { count } from '../shared/words';

export interface SessionNews {
  /** Does this page go on with the session of before its own reload? */
  readonly isResumed: boolean;
  /** How many objects went with the owner's page as it was loaded again; undefined where it was not. */
  readonly gone: number | undefined;
}

/** `seen`: puts the news away. */
export function sessionNews({ isResumed, gone }: SessionNews, seen: () => void): TemplateResult {
  const away = html`<button type="button" class="small" data-testid="news-seen" @click=${seen}>All right</button>`;
  return html`${
    isResumed
      ? html`<div class="notice good row" role="status" data-testid="resumed-notice">
          <span class="grow">
            This page was loaded again, and goes on with its session. What the owner’s side had received is still there, and
            listed as yours below. The program that ran has ended.
          </span>
          ${away}
        </div>`
      : nothing
  }
  ${
    gone === undefined
      ? nothing
      : html`<div class="notice warn row" role="status" data-testid="renewed-notice" data-gone=${gone}>
          <span class="grow">
            The owner’s page was loaded again. ${goneWords(gone)}
          </span>
          ${away}
        </div>`
  }`;
}

function goneWords(gone: number): string {
  if (gone === 0) return 'Nothing of yours was lost with it.';
  return gone === 1
    ? '1 object of yours is gone with it: compute it again.'
    : `${count(gone, 'object')} of yours are gone with it: compute them again.`;
}
