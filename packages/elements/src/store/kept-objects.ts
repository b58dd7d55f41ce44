import { type OwnerDuet, visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { followDuet } from '../base/follow-duet';
import { byteWords, clockTime, count, dayWords, errorWords } from '../base/words';

/** What lies encrypted in this browser, how much it is, and its end. */
export class KeptObjects extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';
  #isWiping = false;

  constructor() {
    super();
    followDuet(this, 'store');
  }

  protected override render(): TemplateResult | typeof nothing {
    const kept = this.duet.store.kept();
    if (kept.length === 0 && this.#problem === '') return nothing;
    const bytes = kept.reduce((sum, each) => sum + each.bytes, 0);
    return html`<h3 id="kept-objects-title">Kept in this browser</h3>
      <p class="small soft">
        Encrypted, under a key that no page can read out; only this site in this browser can open it. It is there after a
        reload, until you take it back or wipe it here.
      </p>
      <ul class="items" aria-labelledby="kept-objects-title" data-testid="kept-objects">
        ${kept.map(
          ({ id, name, bytes: size, since }) =>
            html`<li class="item small" data-testid="kept-object" data-id=${id}>
              <span class="grow"><strong>${visibleText(name)}</strong> <span class="soft">${id}</span></span>
              <span class="soft">${byteWords(size)}, since ${dayWords(since)}, ${clockTime(since)}</span>
            </li>`,
        )}
      </ul>
      <div class="row">
        <span class="grow soft small">
          ${count(kept.length, 'object')}, ${byteWords(bytes)} in all. Wiped, they stay published until this page ends.
        </span>
        <button
          type="button"
          class="small danger"
          data-testid="kept-wipe"
          ?disabled=${this.#isWiping || kept.length === 0}
          @click=${this.#wipe}
        >
          Wipe all that is kept
        </button>
      </div>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="kept-objects-error">${this.#problem}</p>`
      }`;
  }

  async #wipe(): Promise<void> {
    this.#isWiping = true;
    this.#problem = '';
    this.requestUpdate();
    try {
      await this.duet.store.wipeKept();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.#isWiping = false;
    this.requestUpdate();
  }
}

customElements.define('duet-kept-objects', KeptObjects);
