import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { admission, admissionWords, setAdmission } from './admission';

/** Who comes in unasked. */
export class AdmissionChoice extends LightElement {
  protected override render(): TemplateResult {
    const chosen = admission();
    return html`<label class="field">
        <span>Who knocks comes in</span>
        <select data-testid="admission" @change=${this.#choose}>
          ${Object.entries(admissionWords).map(
            ([value, words]) =>
              html`<option value=${value} .selected=${value === chosen}>${words}</option>`,
          )}
        </select>
      </label>
      ${
        chosen === 'all'
          ? html`<p class="notice warn" role="status" data-testid="admission-warning">
            Whoever has got hold of the invite comes in unasked, as often as it may be used. Every value still waits for
            you, or for a handler.
          </p>`
          : nothing
      }`;
  }

  #choose(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    setAdmission(event.currentTarget.value);
    this.requestUpdate();
  }
}

customElements.define('duet-admission-choice', AdmissionChoice);
