import '@duet/elements';
import { errorWords } from '@duet/elements';
import { type HandlerOptions, isDuetError, launchDuet, type OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { admit } from './admission';
import { engineOptions } from './engine-settings';
import { ownerNetwork } from './network-settings';
import './admission-choice';
import './data-panel';

type State =
  | { readonly phase: 'starting' | 'insecure' | 'other-tab' }
  | { readonly phase: 'failed'; readonly why: string }
  | { readonly phase: 'open'; readonly duet: OwnerDuet };

/** The owner's page, from the data to the decisions, top to bottom. */
export class OwnerPage extends LightElement {
  #state: State = { phase: window.isSecureContext ? 'starting' : 'insecure' };

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.#state.phase === 'starting') void this.#launch('browser');
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

  #desk(duet: OwnerDuet): TemplateResult {
    return html`<duet-desk-trouble .duet=${duet}></duet-desk-trouble>
      <duet-came-back .duet=${duet}></duet-came-back>
      ${reloadWords(duet)}
      <duet-engine-settings .duet=${duet}></duet-engine-settings>
      <duet-data-panel .duet=${duet}></duet-data-panel>
      <duet-invite-panel .duet=${duet}><duet-network-settings></duet-network-settings></duet-invite-panel>
      <duet-people-panel id="people" .duet=${duet}><duet-admission-choice></duet-admission-choice></duet-people-panel>
      <duet-requests-panel
        id="requests"
        .duet=${duet}
        @handler-wish=${(event: CustomEvent<HandlerOptions>) => this.#propose(event.detail)}
      ></duet-requests-panel>
      <duet-runs-panel .duet=${duet}></duet-runs-panel>
      <duet-handlers-panel id="handlers" .duet=${duet}></duet-handlers-panel>
      <duet-audit-panel .duet=${duet}></duet-audit-panel>`;
  }

  /** Two pages on one storage would spend each other's quotas. */
  #otherTab(): TemplateResult {
    return html`<div class="panel" role="alert" data-testid="other-tab">
      <p><strong>Another tab of this browser has your desk open</strong>, with its invite, people and handlers. Go on there.</p>
      <p class="soft">
        If that tab is closed, try again here. Or go on separately: then this tab has an invite and people of its own, and
        keeps nothing: no handlers, no audit, no data are there after it is closed or loaded again.
      </p>
      <div class="actions">
        <button type="button" class="primary" data-testid="launch-again" @click=${() => this.#launch('browser')}>Try again</button>
        <button type="button" data-testid="other-tab-go-on" @click=${() => this.#launch('memory')}>Go on separately</button>
      </div>
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
          <button type="button" @click=${() => this.#launch('browser')} data-testid="launch-again">Try again</button>
        </div>`;
      case 'other-tab':
        return this.#otherTab();
      case 'open':
        return this.#desk(state.duet);
    }
  }

  async #launch(storage: 'browser' | 'memory'): Promise<void> {
    this.#become({ phase: 'starting' });
    try {
      const duet = await launchDuet({
        storage,
        admit,
        ...ownerNetwork.options,
        ...engineOptions(),
      });
      this.#become({ phase: 'open', duet });
    } catch (error) {
      this.#become(
        isDuetError(error, 'in-use')
          ? { phase: 'other-tab' }
          : { phase: 'failed', why: errorWords(error) },
      );
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

/** Nobody should have to try it out. */
function reloadWords({ audit }: OwnerDuet): TemplateResult {
  return html`<details data-testid="reload-words">
    <summary class="small">What stays when this page is loaded again</summary>
    <p class="small soft">
      ${
        audit.lasting
          ? html`The invite, who you are, whom you have admitted, handlers, the audit, and data that you chose to keep. Scientists
            who are joined come back by themselves within some minutes. Data that you did not keep must be published again, and
            what scientists have computed is gone. Requests that wait end.`
          : html`Nothing: this page stores nothing. Scientists have to be invited again.`
      }
    </p>
  </details>`;
}

customElements.define('duet-owner-page', OwnerPage);
