import type { OwnerRequest } from 'duetjs';
import { css, html, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { everySecond, Following } from '../base/following';
import { timeLeft } from '../base/words';

/** How long a request waits. Apart from its card, which need not be made anew each second. */
export class CountdownBadge extends DuetElement {
  static override readonly styles = [
    DuetElement.styles,
    css`
      :host {
        display: inline-block;
      }
    `,
  ];
  static override readonly properties = { request: { attribute: false } };
  declare request: OwnerRequest;

  constructor() {
    super();
    new Following(this, everySecond);
  }

  protected override render(): TemplateResult {
    const { secondsLeft, isPresent } = this.request;
    if (secondsLeft === undefined)
      return html`<span class="badge">waits as long as they stay</span>`;
    const left = html`<span class="countdown">${timeLeft(secondsLeft * 1000)}</span>`;
    return isPresent
      ? html`<span class="badge warn" data-testid="request-expiry">expires in ${left}</span>`
      : html`<span class="badge warn" data-testid="request-kept">they have left; kept for ${left}</span>`;
  }
}

customElements.define('duet-countdown-badge', CountdownBadge);
