import type { OwnerDuet } from 'duetjs';
import { html, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { count } from '../base/words';
import './decision-history';
import './grants-list';
import './request-card';

/** What waits for the owner, oldest first, and what was decided. */
export class RequestsPanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #hadFocus = false;

  constructor() {
    super();
    followDuet(this, 'request', 'decision');
  }

  protected override willUpdate(_changed: PropertyValues<this>): void {
    this.#hadFocus = this.contains(document.activeElement);
  }

  /** The focus does not get lost with the card whose button had it, nor does it go to another card's. */
  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    if (!this.#hadFocus || document.activeElement !== document.body) return;
    this.renderRoot.querySelector<HTMLElement>('#requests-title')?.focus({ preventScroll: true });
  }

  protected override render(): TemplateResult {
    const waiting = this.duet.requests.list();
    return html`<section class="panel" aria-labelledby="requests-title" data-testid="requests-panel">
      <div class="panel-head">
        <h2 id="requests-title" tabindex="-1">Requests</h2>
        <span class="soft small" role="status">
          ${waiting.length === 0 ? '' : `${count(waiting.length, 'request')} for you to decide`}
        </span>
      </div>
      ${
        waiting.length === 0
          ? html`<p class="empty" data-testid="requests-empty">
            No request waits. When the scientist asks for a value, you see here what it is before you decide.
          </p>`
          : repeat(
              waiting,
              ({ id }) => id,
              (request) =>
                html`<duet-request-card .duet=${this.duet} .request=${request}></duet-request-card>`,
            )
      }
      <duet-grants-list .duet=${this.duet}></duet-grants-list>
      <duet-decision-history .duet=${this.duet}></duet-decision-history>
    </section>`;
  }
}

customElements.define('duet-requests-panel', RequestsPanel);
