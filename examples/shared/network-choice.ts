import { html, type TemplateResult } from 'lit';
import { Setting } from './settings';

/** As the options of both sides take it. */
export interface NetworkOptions {
  readonly relay: 'fallback' | 'only' | 'never';
  readonly hideAddress: boolean;
}

/** How a page reaches the other one, as this browser remembers it. */
export class NetworkChoice {
  readonly #relay: Setting<NetworkOptions['relay']>;
  readonly #hides: Setting<'no' | 'yes'>;

  constructor(role: 'owner' | 'scientist') {
    this.#relay = new Setting(`${role}-relay`, ['fallback', 'only', 'never']);
    this.#hides = new Setting(`${role}-hide-address`, ['no', 'yes']);
  }

  get options(): NetworkOptions {
    return { relay: this.#relay.value, hideAddress: this.#hides.value === 'yes' };
  }

  /** In short, where it is not what is usual. */
  get words(): string {
    const { relay, hideAddress } = this.options;
    return [
      ...(hideAddress ? ['your address is hidden from them'] : []),
      ...(relay === 'only' ? ['only through the signaling server'] : []),
      ...(relay === 'never' ? ['never through the signaling server'] : []),
    ].join(', ');
  }

  /** Two fields, remembered when they are changed. `testIds`: their beginning. */
  fields(testIds: string, disabled: boolean, changed: () => void): TemplateResult {
    const { relay, hideAddress } = this.options;
    const option = (value: NetworkOptions['relay'], words: string) =>
      html`<option value=${value} .selected=${value === relay}>${words}</option>`;
    const setHides = (event: Event & { readonly currentTarget: HTMLInputElement }) => {
      this.#hides.set(event.currentTarget.checked ? 'yes' : 'no');
      changed();
    };
    const setRelay = (event: Event & { readonly currentTarget: HTMLSelectElement }) => {
      this.#relay.set(event.currentTarget.value);
      changed();
    };
    return html`<label class="check">
        <input
          type="checkbox"
          .checked=${hideAddress}
          ?disabled=${disabled}
          data-testid="${testIds}-hide-address"
          @change=${setHides}
        />
        Hide my network address from them
      </label>
      <p class="soft small">Needs a TURN server, or the signaling server as the way: those see the address instead.</p>
      <label class="field">
        <span>Through the signaling server, sealed so that it cannot read along</span>
        <select ?disabled=${disabled} data-testid="${testIds}-relay" @change=${setRelay}>
          ${option('fallback', 'where no other way is found, and it allows it')}
          ${option('only', 'always')}
          ${option('never', 'never')}
        </select>
      </label>`;
  }
}
