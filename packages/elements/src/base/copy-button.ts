import { css, html, type TemplateResult } from 'lit';
import { DuetElement } from './duet-element';

/** How long "Copied" stays. */
const saidMs = 2000;

/** Copies a text; says so, or what to do where the browser does not let it. */
export class CopyButton extends DuetElement {
  static override readonly styles = [
    DuetElement.styles,
    css`
      :host {
        display: inline-block;
      }
    `,
  ];
  static override readonly properties = {
    text: { attribute: false },
    label: {},
    testId: { attribute: false },
  };
  declare text: string;
  declare label: string;
  declare testId: string;
  #said = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.text = '';
    this.label = 'Copy';
    this.testId = 'copy';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override render(): TemplateResult {
    return html`<button type="button" data-testid=${this.testId} @click=${this.#copy}>
        ${this.#said || this.label}
      </button>
      <span class="visually-hidden" role="status">${this.#said}</span>`;
  }

  async #copy(): Promise<void> {
    const copied = await navigator.clipboard.writeText(this.text).then(
      () => true,
      () => false,
    );
    this.#said = copied ? 'Copied' : 'Not allowed: select and copy it';
    this.requestUpdate();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#said = '';
      this.requestUpdate();
    }, saidMs);
  }
}

customElements.define('duet-copy-button', CopyButton);
