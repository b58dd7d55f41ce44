import type { OwnerDuet } from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { count } from '../base/words';
import { isAccepting } from '../handlers/handler-draft';

const title = document.title;

const signalingWords = {
  connecting: ['warn', 'Reaching the signaling server…'],
  open: ['good', 'Open for scientists'],
  lost: ['bad', 'Signaling server lost, trying again…'],
  closed: ['', 'No open invite'],
} as const;

/** What is going on, always in sight, and in the tab's title. */
export class StatusLine extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;

  constructor() {
    super();
    followDuet(this, 'status', 'peer', 'request', 'decision', 'invite', 'handlers');
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.title = title;
  }

  protected override render(): TemplateResult {
    const { signaling, waiting, joined, away, requests, objects } = this.duet.status;
    const [tone, words] = signalingWords[signaling];
    const accepting = this.duet.requests.handlers.filter(isAccepting).length;
    return html`<ul class="states" role="status" data-testid="status">
      <li class="badge ${tone}" data-testid="status-signaling" data-state=${signaling}>${words}</li>
      <li><a href="#people" class="badge ${waiting > 0 ? 'warn' : ''}" data-testid="status-waiting">${waiting} waiting</a></li>
      <li class="badge ${joined > away ? 'good' : ''}" data-testid="status-joined">${joined - away} joined</li>
      ${
        away === 0
          ? nothing
          : html`<li><a href="#people" class="badge warn" data-testid="status-away">${away} may come back</a></li>`
      }
      <li><a href="#requests" class="badge ${requests > 0 ? 'warn' : ''}" data-testid="status-requests">${count(requests, 'request')}</a></li>
      ${
        accepting === 0
          ? nothing
          : html`<li>
            <a href="#handlers" class="badge warn" data-testid="status-handlers">
              ${count(accepting, 'handler')} ${accepting === 1 ? 'accepts' : 'accept'}
            </a>
          </li>`
      }
      <li class="badge" data-testid="status-objects">${count(objects, 'object')}</li>
    </ul>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    const { waiting, requests } = this.duet.status;
    const open = waiting + requests;
    document.title = open > 0 ? `(${open}) ${title}` : title;
  }
}

customElements.define('duet-status-line', StatusLine);
