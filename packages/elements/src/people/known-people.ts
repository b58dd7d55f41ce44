import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { Following } from '../base/following';
import { quotedWord } from '../base/peer-text';
import { clockTime, count, dayWords, shortFingerprint, timesWords } from '../base/words';

/** Everybody whom this browser has ever admitted, most lately seen first. */
export class KnownPeople extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;

  constructor() {
    super();
    new Following(this, (changed) => {
      const { partners } = this.duet;
      partners.on('changed', changed);
      return () => partners.off('changed', changed);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    const partners = this.duet.partners.list();
    if (partners.length === 0) return nothing;
    return html`<details data-testid="partners">
      <summary class="small">${count(partners.length, 'person', 'people')} admitted before</summary>
      <ul class="items">
        ${partners.map(
          ({ fingerprint, name, firstSeen, lastSeen, sessions }) =>
            html`<li class="item" data-testid="partner" data-fingerprint=${fingerprint}>
              <div class="grow small">
                ${name === '' ? html`<span class="soft">without a name</span>` : quotedWord(name)}
                <code title=${fingerprint}>${shortFingerprint(fingerprint)}</code>
                <span class="soft">
                  ${timesWords(sessions, firstSeen)}, last seen on ${dayWords(lastSeen)}, ${clockTime(lastSeen)}
                </span>
              </div>
              <button type="button" class="small danger" data-testid="partner-forget" @click=${() => this.duet.partners.forget(fingerprint)}>
                Forget
              </button>
            </li>`,
        )}
      </ul>
    </details>`;
  }
}

customElements.define('duet-known-people', KnownPeople);
