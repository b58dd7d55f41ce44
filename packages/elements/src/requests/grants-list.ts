import type { OpenGrant, OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { everySecond, Following } from '../base/following';
import { quotedWord } from '../base/peer-text';
import { errorWords, shapeWords, shortFingerprint } from '../base/words';

/** What was accepted and has not left: it can still be taken back. Most is fetched at once, so this looks but once a second. */
export class GrantsList extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #problem = '';

  constructor() {
    super();
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult | typeof nothing {
    const grants = this.duet.grants.list();
    if (grants.length === 0) return nothing;
    return html`<h3 id="grants-title">Accepted, and not fetched yet</h3>
      <ul class="items" aria-labelledby="grants-title" data-testid="grants">
        ${grants.map((grant) => this.#row(grant))}
      </ul>
      ${this.#problem === '' ? nothing : html`<p class="notice bad" role="alert">${this.#problem}</p>`}`;
  }

  #row(grant: OpenGrant): TemplateResult {
    const { request, name, recipient, meta, failure, by } = grant;
    return html`<li class="item" data-testid="grant" data-id=${request}>
      <div class="grow">
        ${request} ${quotedWord(name)}
        <span class="soft small">for</span> ${quotedWord(recipient.name)}
        <code>${shortFingerprint(recipient.fingerprint)}</code>
        <div class="small soft">
          ${failure === undefined ? `${meta.dtype} ${shapeWords(meta.shape)}` : 'no value: its computation failed'}, accepted
          by ${by === 'owner' ? 'you' : `handler ${by}`}
        </div>
      </div>
      <button type="button" class="small danger" data-testid="revoke" aria-label="Take back ${request}" @click=${() => this.#revoke(grant)}>
        Take it back
      </button>
    </li>`;
  }

  #revoke(grant: OpenGrant): void {
    this.#problem = '';
    try {
      grant.revoke();
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.requestUpdate();
  }
}

customElements.define('duet-grants-list', GrantsList);
