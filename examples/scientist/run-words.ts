/** The lines below the editor: how the program is doing, and what it has at the owner's. */

import { count } from '@duet/elements';
import { html, nothing, type TemplateResult } from 'lit';
import type { Activity } from './runner-messages';

/** `off`: there is no connection. */
export type Phase = 'off' | 'starting' | 'ready' | 'running' | 'unusable';

export type Ending = 'done' | 'failed' | 'stopped';

const endingWords = {
  done: ['good', 'done'],
  failed: ['bad', 'failed'],
  stopped: ['', 'stopped'],
} as const;

export function phaseBadge(phase: Phase, ending: Ending | undefined): TemplateResult {
  switch (phase) {
    case 'off':
      return html`<span class="badge bad">not connected</span>`;
    case 'starting':
      return html`<span class="badge warn">getting ready…</span>`;
    case 'running':
      return html`<span class="badge warn">running</span>`;
    case 'unusable':
      return html`<span class="badge bad">cannot run</span>`;
    case 'ready': {
      const [tone, words] = ending ? endingWords[ending] : (['good', 'ready'] as const);
      return html`<span class="badge ${tone}">${words}</span>`;
    }
  }
}

/** `drop`: lets go of what is at the owner's; undefined while that cannot be. */
export function activityBadges(
  { waiting, getting, objects }: Activity,
  drop: (() => void) | undefined,
): TemplateResult {
  return html`${
    waiting > 0
      ? html`<span class="badge warn" role="status" data-testid="activity-waiting">
          ${count(waiting, 'request')} with the owner
        </span>`
      : nothing
  }
    ${
      getting > waiting
        ? html`<span class="badge" data-testid="activity-getting">${count(getting - waiting, 'value')} on the way</span>`
        : nothing
    }
    ${
      objects > 0
        ? html`<span class="badge" data-testid="activity-objects">${count(objects, 'object')} of yours at the owner</span>
            <button type="button" class="small" data-testid="drop-objects" ?hidden=${drop === undefined} @click=${drop}>
              Drop them
            </button>`
        : nothing
    }`;
}
