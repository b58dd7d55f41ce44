import {
  type Connection,
  type ConnectionStatus,
  connectInvite,
  type DuetError,
  isDuetError,
} from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { quotedWord } from '../shared/peer-text';
import { errorWords, shortFingerprint } from '../shared/words';
import { takeInviteFromAddress } from './invite-link';
import type { JoinWish } from './join-panel';
import './join-panel';
import './workspace';

type State =
  | { readonly phase: 'insecure' }
  | { readonly phase: 'apart'; readonly problem: string }
  | {
      readonly phase: 'joining';
      readonly status: ConnectionStatus;
      readonly cancel: AbortController;
    }
  | { readonly phase: 'joined'; readonly connection: Connection };

const statusWords: Readonly<Record<ConnectionStatus, string>> = {
  joining: 'Looking for the owner…',
  connecting: 'Connecting to the owner’s browser…',
  securing: 'Making sure that it is them…',
  'waiting for the owner to admit you':
    'The owner sees you and must admit you. Leave this page open.',
  connected: 'Connected.',
  closed: 'Not connected.',
};

/** What the end of a connection means here, where its error has to speak for both sides. */
function endingWords(reason: DuetError): string {
  if (reason.code === 'closed' && reason.from === 'here') return '';
  if (reason.code === 'peer-left') {
    return 'The owner has closed their page. Ask them for a new invite.';
  }
  return reason.message;
}

const badges = {
  insecure: ['bad', 'not secure'],
  apart: ['', 'not connected'],
  joining: ['warn', 'joining…'],
  joined: ['good', 'connected'],
} as const;

/** The scientist's page: the way in, then the workspace, which stays in sight when the connection ends. */
export class ScientistPage extends LightElement {
  #state: State = window.isSecureContext ? { phase: 'apart', problem: '' } : { phase: 'insecure' };
  #invite = '';
  #name = '';
  #tries = 0;
  #hasJoined = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#takeInvite();
    window.addEventListener('hashchange', this.#takeInvite);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('hashchange', this.#takeInvite);
  }

  readonly #takeInvite = (): void => {
    const invite = takeInviteFromAddress();
    if (invite === undefined) return;
    this.#invite = invite;
    this.#tries = 0;
    this.requestUpdate();
  };

  #forgetInvite(): void {
    this.#invite = '';
    this.requestUpdate();
  }

  protected override render(): TemplateResult {
    const state = this.#state;
    const [tone, words] = badges[state.phase];
    return html`<div class="page">
      <header class="topbar">
        <h1>Duet: their data</h1>
        <span role="status" class="badge ${tone}" data-testid="connection" data-state=${state.phase}>${words}</span>
        ${state.phase === 'joined' ? this.#owner(state.connection) : nothing}
      </header>
      ${this.#way(state)}
      ${
        this.#hasJoined
          ? html`<duet-workspace
            .connection=${state.phase === 'joined' ? state.connection : undefined}
          ></duet-workspace>`
          : nothing
      }
    </div>`;
  }

  #owner(connection: Connection): TemplateResult {
    return html`<span class="small" data-testid="owner">
        ${connection.ownerName === '' ? 'Owner' : html`Owner ${quotedWord(connection.ownerName)}`}
        <code title=${connection.fingerprint}>${shortFingerprint(connection.fingerprint)}</code>
      </span>
      <button type="button" class="small" data-testid="leave" @click=${() => connection.close()}>Leave</button>`;
  }

  #way(state: State): TemplateResult | typeof nothing {
    switch (state.phase) {
      case 'insecure':
        return html`<p class="notice bad" role="alert" data-testid="insecure">
            This page was opened over plain http, where browsers offer no cryptography. Ask the owner for an invite over
            https, or open it on localhost.
          </p>
          ${this.#form(true)}`;
      case 'apart':
        return html`${
          state.problem === ''
            ? nothing
            : html`<p class="notice bad" role="alert" data-testid="connection-error">${state.problem}</p>`
        }
        ${this.#form(false)}`;
      case 'joining':
        return html`<div class="panel">
          <p role="status" data-testid="joining" data-state=${state.status}>${statusWords[state.status]}</p>
          <div>
            <button type="button" data-testid="join-cancel" @click=${() => state.cancel.abort()}>Cancel</button>
          </div>
        </div>`;
      case 'joined':
        return nothing;
    }
  }

  #form(disabled: boolean): TemplateResult {
    return html`${
      this.#hasJoined
        ? nothing
        : html`<p class="lead">
            You compute on data that stays in its owner’s tab, in ordinary TensorFlow.js, and ask for the results that you
            need.
          </p>`
    }
      <duet-join-panel
        .invite=${this.#invite}
        .name=${this.#name}
        .again=${this.#tries > 0}
        .disabled=${disabled}
        @other=${this.#forgetInvite}
        @join=${(event: CustomEvent<JoinWish>) => this.#join(event.detail)}
      ></duet-join-panel>`;
  }

  async #join({ invite, name }: JoinWish): Promise<void> {
    const cancel = new AbortController();
    this.#invite = invite;
    this.#name = name;
    this.#tries++;
    const onStatus = (status: ConnectionStatus): void => {
      if (this.#state.phase === 'joining' && status !== 'closed') {
        this.#become({ phase: 'joining', status, cancel });
      }
    };
    this.#become({ phase: 'joining', status: 'joining', cancel });
    try {
      const connection = await connectInvite(invite, { name, onStatus, signal: cancel.signal });
      this.#hasJoined = true;
      this.#become({ phase: 'joined', connection });
      void connection.closed.then((reason) =>
        this.#become({ phase: 'apart', problem: endingWords(reason) }),
      );
    } catch (error) {
      const problem = isDuetError(error, 'aborted') ? '' : errorWords(error);
      this.#become({ phase: 'apart', problem });
    }
  }

  #become(state: State): void {
    this.#state = state;
    this.requestUpdate();
  }
}

customElements.define('duet-scientist-page', ScientistPage);
