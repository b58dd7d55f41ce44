import { type HandlerOptions, launchDuet, type OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { errorWords } from '../shared/words';
import './audit-panel';
import './data-panel';
import './invite-panel';
import './people-panel';
import './requests-panel';
import './runs-panel';
import './handlers-panel';
import './status-line';

type State =
  | { readonly phase: 'starting' | 'insecure' }
  | { readonly phase: 'failed'; readonly why: string }
  | { readonly phase: 'open'; readonly duet: OwnerDuet };

/** The owner's page, from the data to the decisions, top to bottom. */
export class OwnerPage extends LightElement {
  #state: State = { phase: window.isSecureContext ? 'starting' : 'insecure' };

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#state.phase === 'starting') void this.#launch();
  }

  protected override render(): TemplateResult {
    return html`<div class="page">
      <header class="topbar">
        <h1>Duet: your data</h1>
        ${
          this.#state.phase === 'open'
            ? html`<duet-status-line .duet=${this.#state.duet}></duet-status-line>`
            : nothing
        }
      </header>
      <p class="lead">
        Your data stays in this tab. A scientist computes on it from theirs, and nothing that comes from it leaves before
        you, or a handler that you set up, accept a request for that very value.
      </p>
      ${this.#body()}
    </div>`;
  }

  #body(): TemplateResult {
    const state = this.#state;
    switch (state.phase) {
      case 'insecure':
        return html`<p class="notice bad" role="alert" data-testid="insecure">
          This page was opened over plain http, where browsers offer no cryptography. Open it over https, or on localhost.
        </p>`;
      case 'starting':
        return html`<p class="notice" role="status">Starting…</p>`;
      case 'failed':
        return html`<div class="notice bad" role="alert" data-testid="launch-error">
          <p>${state.why}</p>
          <button type="button" @click=${this.#launch} data-testid="launch-again">Try again</button>
        </div>`;
      case 'open':
        return html`<duet-data-panel .duet=${state.duet}></duet-data-panel>
          <duet-invite-panel .duet=${state.duet}></duet-invite-panel>
          <duet-people-panel .duet=${state.duet}></duet-people-panel>
          <duet-requests-panel
            .duet=${state.duet}
            @handler-wish=${(event: CustomEvent<HandlerOptions>) => this.#propose(event.detail)}
          ></duet-requests-panel>
          <duet-runs-panel .duet=${state.duet}></duet-runs-panel>
          <duet-handlers-panel .duet=${state.duet}></duet-handlers-panel>
          <duet-audit-panel .duet=${state.duet}></duet-audit-panel>`;
    }
  }

  async #launch(): Promise<void> {
    this.#become({ phase: 'starting' });
    try {
      this.#become({ phase: 'open', duet: await launchDuet() });
    } catch (error) {
      this.#become({ phase: 'failed', why: errorWords(error) });
    }
  }

  #propose(options: HandlerOptions): void {
    this.querySelector('duet-handlers-panel')?.propose(options);
  }

  #become(state: State): void {
    this.#state = state;
    this.requestUpdate();
  }
}

customElements.define('duet-owner-page', OwnerPage);
