import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { NetworkChoice } from '../shared/network-choice';

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
        ${
          this.#isChanged
            ? html`<div class="notice warn row" role="status" data-testid="network-changed">
              <span class="grow">It holds once the page was loaded again.</span>
              <button type="button" class="small" data-testid="network-reload" @click=${() => location.reload()}>
                Load it again
              </button>
            </div>`
            : nothing
        }
      </div>
    </details>`;
  }

  #changed(): void {
    this.#isChanged = true;
    this.requestUpdate();
  }
}

customElements.define('duet-network-settings', NetworkSettings);
