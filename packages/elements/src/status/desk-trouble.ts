import { type OwnerDuet, visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { Following } from '../base/following';
import { errorWords } from '../base/words';

/** What went wrong last without anybody having pressed a button: something could not be kept or read, or a handler's function failed. */
export class DeskTrouble extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #what = '';

  constructor() {
    super();
    new Following(this, () => {
      const { duet } = this;
      const failed = (error: unknown) => this.#say(errorWords(error));
      // What was kept may have turned out to be unreadable while the page was starting.
      const last = duet.failures.at(-1);
      if (last !== undefined) failed(last);
      duet.on('failed', failed);
      return () => duet.off('failed', failed);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#what === '') return nothing;
    return html`<div class="notice bad row" role="alert" data-testid="desk-trouble">
      <span class="grow">${visibleText(this.#what)}</span>
      <button type="button" class="small" data-testid="desk-trouble-seen" @click=${() => this.#say('')}>All right</button>
    </div>`;
  }

  #say(what: string): void {
    this.#what = what;
    this.requestUpdate();
  }
}

customElements.define('duet-desk-trouble', DeskTrouble);
