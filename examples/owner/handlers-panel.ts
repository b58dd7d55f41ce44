import type { Handler, OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { everySecond, Following } from '../shared/following';
import { LightElement } from '../shared/light-element';
import { count, timeLeft } from '../shared/words';
import { followDuet } from './follow-duet';
import './handler-form';
import './local-log';

/** A handler as one sentence. */
function handlerWords({ action, name, tags = [], printLocal, logLocal }: Handler): string {
  const what = name === undefined ? 'every request' : `requests named “${name}”`;
  const from = tags.length === 0 ? '' : ` for values from data tagged ${tags.join(' and ')}`;
  const local = [printLocal ? 'shows' : '', logLocal ? 'logs' : ''].filter((word) => word !== '');
  const also = local.length === 0 ? '' : `, and ${local.join(' and ')} the value here`;
  return `${action === 'accept' ? 'Accepts' : 'Denies'} ${what}${from}${also}.`;
}

/** Automatic answers: those that are live, a form for a new one, and what they kept for the owner. */
export class HandlersPanel extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;

  constructor() {
    super();
    followDuet(this, 'decision', 'status');
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { handlers } = this.duet.requests;
    const accepting = handlers.filter(({ action }) => action === 'accept').length;
    return html`<section class="panel" aria-labelledby="handlers-title" data-testid="handlers-panel">
      <div class="panel-head">
        <h2 id="handlers-title">Handlers</h2>
        <span class="soft small">They answer requests without asking you, first match first.</span>
      </div>
      ${
        accepting === 0
          ? nothing
          : html`<p class="notice warn" data-testid="handlers-banner">
            ${count(accepting, 'handler')} ${accepting === 1 ? 'lets' : 'let'} values leave without asking you.
          </p>`
      }
      ${
        handlers.length === 0
          ? html`<p class="empty" data-testid="handlers-empty">None. Every request waits for you.</p>`
          : html`<ul class="items" data-testid="handlers">
              ${repeat(
                handlers,
                ({ id }) => id,
                (handler) => this.#row(handler),
              )}
            </ul>
            <div>
              <button type="button" class="small danger" data-testid="handlers-clear" @click=${this.#clear}>
                Remove all
              </button>
            </div>`
      }
      <details>
        <summary data-testid="handler-open">Add a handler</summary>
        <duet-handler-form .duet=${this.duet} @added=${() => this.requestUpdate()}></duet-handler-form>
      </details>
      <duet-local-log .duet=${this.duet}></duet-local-log>
    </section>`;
  }

  #row(handler: Handler): TemplateResult {
    const { id, quotaLeft, elementQuota = 0, secondsLeft } = handler;
    return html`<li class="item" data-testid="handler" data-id=${id}>
      <div class="grow">
        <span class="badge ${handler.action === 'accept' ? 'warn' : ''}">${id}</span> ${handlerWords(handler)}
        <div class="small soft">
          ${
            quotaLeft === undefined
              ? nothing
              : html`<span data-testid="handler-quota">${quotaLeft} of ${count(elementQuota, 'number')} left</span> · `
          }
          ${
            secondsLeft === undefined
              ? 'until you remove it'
              : html`<span class="countdown" data-testid="handler-time">${timeLeft(secondsLeft * 1000)}</span> left`
          }
        </div>
      </div>
      <button
        type="button"
        class="small danger"
        aria-label="Remove handler ${id}"
        data-testid="handler-remove"
        @click=${() => this.#remove(id)}
      >
        Remove
      </button>
    </li>`;
  }

  #remove(id: string): void {
    // One that has just ended by itself is no problem of the owner's.
    if (this.duet.requests.handlers.some((handler) => handler.id === id)) {
      this.duet.requests.removeHandler(id);
    }
    this.requestUpdate();
  }

  #clear(): void {
    this.duet.requests.clearHandlers();
    this.requestUpdate();
  }
}

customElements.define('duet-handlers-panel', HandlersPanel);
