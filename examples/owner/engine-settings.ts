import { followDuet } from '@duet/elements';
import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { reloadNotice } from '../shared/reload-notice';
import { Setting } from '../shared/settings';

const backends = ['automatic', 'webgl', 'webgpu', 'wasm', 'cpu'] as const;

type Backend = (typeof backends)[number];

const words: Readonly<Record<Backend, string>> = {
  automatic: 'automatic: what is fastest here',
  webgl: 'WebGL, on the GPU',
  webgpu: 'WebGPU, on the GPU; some ops are refused',
  wasm: 'WebAssembly',
  cpu: 'JavaScript, the slowest',
};

const chosen = new Setting<Backend>('owner-backend', backends);

/** On what scientists' computations run, as this browser remembers it. The duet takes it when it is launched. */
export function engineOptions(): { readonly backend?: Exclude<Backend, 'automatic'> } {
  const { value } = chosen;
  return value === 'automatic' ? {} : { backend: value };
}

/** Says on what scientists' computations run, and changes it from the next load on. */
export class EngineSettings extends LightElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #isChanged = false;

  constructor() {
    super();
    followDuet(this, 'status');
  }

  protected override render(): TemplateResult {
    const { backend, engine } = this.duet.status;
    const inUse = backend === undefined ? 'starting…' : backend;
    return html`<details>
      <summary class="small" data-testid="engine-open">
        What scientists compute on: <span data-testid="engine-in-use" data-backend=${backend ?? nothing}>${inUse}</span>
      </summary>
      <div class="panel-body">
        ${
          engine === 'page'
            ? html`<p class="notice warn" data-testid="engine-in-page">
              No worker started with what is chosen here: this page computes by itself, for one scientist.
            </p>`
            : nothing
        }
        <label class="field">
          <span>Compute with</span>
          <select data-testid="engine-backend" @change=${(event: Event) => this.#choose(event)}>
            ${backends.map((each) => html`<option value=${each} .selected=${each === chosen.value}>${words[each]}</option>`)}
          </select>
        </label>
        ${this.#isChanged ? reloadNotice('engine') : nothing}
      </div>
    </details>`;
  }

  #choose(event: Event): void {
    chosen.set((event.currentTarget as HTMLSelectElement).value);
    this.#isChanged = true;
    this.requestUpdate();
  }
}

customElements.define('duet-engine-settings', EngineSettings);
