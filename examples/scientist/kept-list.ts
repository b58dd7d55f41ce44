import { everySecond, Following, quotedWord, timeLeft } from '@duet/elements';
import type { KeptRow } from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { LightElement } from '../shared/light-element';

const statusWords = {
  pending: ['warn', 'waits for the owner'],
  accepted: ['good', 'accepted'],
  denied: ['bad', 'denied'],
  expired: ['', 'expired'],
  revoked: ['bad', 'accepted, and taken back'],
  gone: ['', 'gone'],
} as const;

/** Requests of earlier sessions that the owner's side has kept. Fires `collect` and `forget` with an id. */
export class KeptList extends LightElement {
  static override readonly properties = {
    rows: { attribute: false },
    disabled: { attribute: false },
  };
  declare rows: readonly KeptRow[];
  declare disabled: boolean;
  #toldAt = 0;

  constructor() {
    super();
    this.rows = [];
    this.disabled = false;
    new Following(this, everySecond);
  }

  /** Their seconds are those of that moment. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('rows')) this.#toldAt = performance.now();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { rows } = this;
    if (rows.length === 0) return nothing;
    return html`<section class="panel" aria-labelledby="kept-title" data-testid="kept-panel">
      <div class="panel-head">
        <h2 id="kept-title">Asked before you left</h2>
        <span class="soft small">The owner’s side has kept these for you, by this browser’s key.</span>
      </div>
      <ul class="items">
        ${repeat(
          rows,
          ({ id }) => id,
          (row) => this.#row(row),
        )}
      </ul>
    </section>`;
  }

  #row({ id, name, dtype, shape, status, reason, secondsLeft }: KeptRow): TemplateResult {
    const [tone, words] = statusWords[status];
    const leftMs = secondsLeft * 1000 - (performance.now() - this.#toldAt);
    return html`<li class="item" data-testid="kept" data-id=${id} data-status=${status}>
      <div class="grow">
        <span class="badge ${tone}" role="status">${words}</span> ${quotedWord(name)}
        <div class="small soft">
          ${dtype} ${shape}, kept for <span class="countdown">${timeLeft(leftMs)}</span> more
        </div>
        ${reason === '' ? nothing : html`<div class="small">The owner says ${quotedWord(reason)}</div>`}
      </div>
      <div class="actions">
        ${
          status === 'accepted' || status === 'pending'
            ? html`<button
              type="button"
              class="small primary"
              data-testid="kept-collect"
              ?disabled=${this.disabled || status === 'pending'}
              @click=${() => this.#tell('collect', id)}
            >
              Collect
            </button>`
            : nothing
        }
        <button type="button" class="small danger" data-testid="kept-forget" ?disabled=${this.disabled} @click=${() => this.#tell('forget', id)}>
          Forget
        </button>
      </div>
    </li>`;
  }

  #tell(what: 'collect' | 'forget', detail: number): void {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}

customElements.define('duet-kept-list', KeptList);
