import {
  type Handler,
  type HandlerOptions,
  type OwnerDuet,
  type TooNarrow,
  visibleText,
} from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { everySecond, Following } from '../base/following';
import { count, timeLeft } from '../base/words';
import { isAccepting } from './handler-draft';
import './handler-form';
import './local-log';

/** Automatic answers: those that are live, a form for a new one, and what they kept for the owner. */
export class HandlersPanel extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  /** Why each of them was too narrow the last time, by its id. */
  readonly #narrow = new Map<string, string>();

  constructor() {
    super();
    followDuet(this, 'handlers');
    new Following(this, everySecond);
    new Following(this, (changed) => {
      const { duet } = this;
      const narrow = (request: string, { handler, why }: TooNarrow) => {
        this.#narrow.set(handler, `The last was ${request}. ${why}`);
        changed();
      };
      duet.on('narrow', narrow);
      return () => duet.off('narrow', narrow);
    });
  }

  /** Opens the form with these options in it, for the owner to look at. */
  propose(options: HandlerOptions): void {
    const details = this.renderRoot.querySelector<HTMLDetailsElement>('details.form');
    if (details) details.open = true;
    void this.renderRoot.querySelector('duet-handler-form')?.fill(options);
  }

  protected override render(): TemplateResult {
    const { handlers } = this.duet.requests;
    return html`<section class="panel" aria-labelledby="handlers-title" data-testid="handlers-panel">
      <div class="panel-head">
        <h2 id="handlers-title">Handlers</h2>
        <span class="soft small">They answer requests without asking you, first match first.</span>
      </div>
      ${this.#banner(handlers.filter(isAccepting).length)}
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
      <details class="form">
        <summary data-testid="handler-open">Add a handler</summary>
        <duet-handler-form .duet=${this.duet} @added=${() => this.requestUpdate()}></duet-handler-form>
      </details>
      <duet-local-log .duet=${this.duet}></duet-local-log>
    </section>`;
  }

  #banner(accepting: number): TemplateResult | typeof nothing {
    if (accepting === 0) return nothing;
    return html`<p class="notice warn" data-testid="handlers-banner">
      ${count(accepting, 'handler')} ${accepting === 1 ? 'lets' : 'let'} values leave without asking you.
    </p>`;
  }

  #row(handler: Handler): TemplateResult {
    const { id, active, words, printLocal, logLocal, accepted, denied, tooNarrow } = handler;
    const local = [printLocal ? 'shows' : '', logLocal ? 'keeps' : ''].filter(
      (word) => word !== '',
    );
    return html`<li class="item" data-testid="handler" data-id=${id}>
      <div class="grow">
        <span class="badge ${isAccepting(handler) ? 'warn' : ''}">${id}</span> ${visibleText(words)}
        ${local.length === 0 ? nothing : `It ${local.join(' and ')} the values here.`}
        ${
          active
            ? nothing
            : html`<div class="small" data-testid="handler-inactive">
                <span class="badge bad">not active</span> It was a function, and the page was reloaded: it answers nothing.
              </div>`
        }
        <div class="small soft">${this.#left(handler)}</div>
        <div class="small soft" data-testid="handler-counts">
          ${accepted} accepted · ${denied} denied · ${tooNarrow} matched, and it may not release them.
          ${visibleText(this.#narrow.get(id) ?? '')}
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

  /** Of its quota, its window and its life. */
  #left(handler: Handler): TemplateResult {
    const {
      quotaLeft,
      elementQuota = 0,
      secondsLeft,
      within,
      requestsLeft,
      elementsLeft,
    } = handler;
    const window = [
      requestsLeft === undefined ? '' : count(requestsLeft, 'request'),
      elementsLeft === undefined ? '' : count(elementsLeft, 'number'),
    ].filter((words) => words !== '');
    return html`${
      quotaLeft === undefined
        ? nothing
        : html`<span data-testid="handler-quota">${quotaLeft} of ${count(elementQuota, 'number')} left</span> · `
    }${
      window.length === 0
        ? nothing
        : html`<span data-testid="handler-window">${window.join(' and ')} of its ${within?.seconds} seconds left</span> · `
    }${
      secondsLeft === undefined
        ? 'until you remove it'
        : html`<span class="countdown" data-testid="handler-time">${timeLeft(secondsLeft * 1000)}</span> to live`
    }`;
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

declare global {
  interface HTMLElementTagNameMap {
    'duet-handlers-panel': HandlersPanel;
  }
}
