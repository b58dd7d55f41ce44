import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { NetworkChoice } from '../shared/network-choice';
import { reloadNotice } from '../shared/reload-notice';

/** The owner's way to scientists. The duet takes it when it is launched. */
export const ownerNetwork = new NetworkChoice('owner');

/** Changes how scientists reach this page, from the next load on. */
export class NetworkSettings extends LightElement {
  #isChanged = false;

  protected override render(): TemplateResult {
    const { words } = ownerNetwork;
    return html`<details>
      <summary class="small" data-testid="network-open">
        How scientists reach this page${words === '' ? '' : `: ${words}`}
      </summary>
      <div class="panel-body">
        ${ownerNetwork.fields('network', false, () => this.#changed())}
        ${this.#isChanged ? reloadNotice('network') : nothing}
      </div>
    </details>`;
  }

  #changed(): void {
    this.#isChanged = true;
    this.requestUpdate();
  }
}

customElements.define('duet-network-settings', NetworkSettings);
