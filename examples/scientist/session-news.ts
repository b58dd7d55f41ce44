/** What a reload on either side has left. */

import { count } from '@duet/elements';
import { html, nothing, type TemplateResult } from 'lit';

export interface SessionNews {
  /** How many objects outlived the reload of this page; undefined where it was not reloaded, or that is not told yet. */
  readonly resumed: number | undefined;
  /** How many went with the owner's page as it was loaded again; undefined where it was not. */
  readonly gone: number | undefined;
}

/** `seen`: puts the news away. */
export function sessionNews({ resumed, gone }: SessionNews, seen: () => void): TemplateResult {
  const away = html`<button type="button" class="small" data-testid="news-seen" @click=${seen}>All right</button>`;
  return html`${
    resumed === undefined || gone !== undefined
      ? nothing
      : html`<div class="notice good row" role="status" data-testid="resumed-notice" data-mine=${resumed}>
          <span class="grow">
            This page was loaded again, and goes on with its session. ${resumedWords(resumed)} A program that ran has ended.
          </span>
          ${away}
        </div>`
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

function resumedWords(resumed: number): string {
  if (resumed === 0) return 'Nothing of yours is at the owner’s.';
  return `${count(resumed, 'object')} of yours ${resumed === 1 ? 'is' : 'are'} still at the owner’s, and listed below.`;
}
