import type { LocalLogEntry, OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { Following } from '../base/following';
import { quotedWord } from '../base/peer-text';
import { previewWords } from '../base/preview';

/** Values shown at once; the log itself keeps all. */
const mostShown = 50;

/** Values that handlers show or keep for the owner, and for nobody else. */
export class LocalLog extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #printed: readonly LocalLogEntry[] = [];

  constructor() {
    super();
    new Following(this, (changed) => {
      const { duet } = this;
      const print = (entry: LocalLogEntry) => {
        this.#printed = [entry, ...this.#printed].slice(0, mostShown);
        changed();
      };
      duet.on('print', print);
      duet.on('log', changed);
      return () => duet.off('print', print).off('log', changed);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const { log } = this.duet.requests;
    if (this.#printed.length === 0 && log.length === 0) return nothing;
    return html`${this.#section('Shown by handlers', this.#printed, 'printed')}
    ${this.#section('Kept in the local log', log.slice(-mostShown).reverse(), 'logged')}
      <p class="soft small">These values stay in this tab and are gone when it is closed.</p>`;
  }

  #section(
    title: string,
    entries: readonly LocalLogEntry[],
    testId: string,
  ): TemplateResult | typeof nothing {
    if (entries.length === 0) return nothing;
    return html`<h3>${title}</h3>
      <ul class="items">
        ${entries.map(
          ({
            request,
            handler,
            name,
            outcome,
            value,
          }) => html`<li class="card" data-testid=${testId}>
            <div class="small">
              Request ${request}, ${outcome} by ${handler}${name === '' ? nothing : html`; they call it ${quotedWord(name)}`}
            </div>
            <pre>${previewWords(value)}</pre>
          </li>`,
        )}
      </ul>`;
  }
}

customElements.define('duet-local-log', LocalLog);
