import { errorWords, everySecond, Following } from '@duet/elements';
import {
  type Connection,
  connectInvite,
  isDuetError,
  prepareToJoin,
  resumeConnection,
} from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { connectionNotice, ownerLine } from './connection-line';
import { takeInviteFromAddress } from './invite-link';
import { type JoinWish, scientistNetwork } from './join-panel';
import { endingWords, type Joining, joiningPanel } from './joining-panel';
import './workspace';

type State =
  | { readonly phase: 'insecure' }
  /** Another tab goes on with the session that this one would resume. */
  | { readonly phase: 'other-tab' }
  | { readonly phase: 'apart'; readonly problem: string }
  | Joining
  | { readonly phase: 'joined'; readonly connection: Connection };

const badges = {
  insecure: ['bad', 'not secure'],
  'other-tab': ['warn', 'open in another tab'],
  apart: ['', 'not connected'],
  joining: ['warn', 'joining…'],
  joined: ['good', 'connected'],
  reconnecting: ['warn', 'reconnecting…'],
} as const;

/** The scientist's page: the way in, then the workspace, which stays in sight when the connection ends. */
export class ScientistPage extends LightElement {
  #state: State = window.isSecureContext ? { phase: 'apart', problem: '' } : { phase: 'insecure' };
  #invite = '';
  #name = '';
  #tries = 0;
  #hasJoined = false;
  /** Does this page go on with the session of before its reload? */
  #isResumed = false;

  constructor() {
    super();
    // For the time until when the owner's page is sought.
    new Following(this, (changed) =>
      everySecond(() => {
        if (this.#isReconnecting) changed();
      }),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#takeInvite();
    window.addEventListener('hashchange', this.#takeInvite);
    if (this.#state.phase === 'apart') void this.#resume();
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

  get #isReconnecting(): boolean {
    const state = this.#state;
    return state.phase === 'joined' && state.connection.status === 'reconnecting';
  }

  protected override render(): TemplateResult {
    const state = this.#state;
    const shown = this.#isReconnecting ? 'reconnecting' : state.phase;
    const [tone, words] = badges[shown];
    return html`<div class="page">
      <header class="topbar">
        <h1>Duet: their data</h1>
        <span role="status" class="badge ${tone}" data-testid="connection" data-state=${shown}>${words}</span>
        ${state.phase === 'joined' ? ownerLine(state.connection) : nothing}
      </header>
      ${this.#way(state)}
      ${
        this.#hasJoined
          ? html`<duet-workspace
            .connection=${state.phase === 'joined' ? state.connection : undefined}
            .resumed=${this.#isResumed}
          ></duet-workspace>`
          : nothing
      }
    </div>`;
  }

  #way(state: State): TemplateResult | typeof nothing {
    switch (state.phase) {
      case 'insecure':
        return html`<p class="notice bad" role="alert" data-testid="insecure">
            This page was opened over plain http, where browsers offer no cryptography. Ask the owner for an invite over
            https, or open it on localhost.
          </p>
          ${this.#form(true)}`;
      case 'other-tab':
        return html`<div class="notice warn row" role="alert" data-testid="other-tab">
            <span class="grow">
              Another tab of this browser goes on with this session. Go on there; or, once that tab is closed, try again here.
              With an invite you can join from this tab too, apart from the other.
            </span>
            <button type="button" class="small" data-testid="other-tab-again" @click=${this.#resume}>Try again</button>
          </div>
          ${this.#form(false)}`;
      case 'apart':
        return html`${
          state.problem === ''
            ? nothing
            : html`<p class="notice bad" role="alert" data-testid="connection-error">${state.problem}</p>`
        }
        ${this.#form(false)}`;
      case 'joining':
        return joiningPanel(state);
      case 'joined':
        return connectionNotice(state.connection);
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
    const joining = (change: Partial<Joining>): void => {
      if (this.#state.phase === 'joining') this.#become({ ...this.#state, ...change });
    };
    this.#become({ phase: 'joining', status: 'joining', cancel, owner: undefined });
    try {
      const connection = await connectInvite(invite, {
        ...scientistNetwork.options,
        name,
        signal: cancel.signal,
        onStatus: (status) => {
          if (status !== 'closed') joining({ status });
        },
        onOwner: (owner) => joining({ owner }),
      });
      this.#joined(connection, false);
    } catch (error) {
      const problem = isDuetError(error, 'aborted') ? '' : errorWords(error);
      this.#become({ phase: 'apart', problem });
    }
  }

  /** What this tab was joined to before it was loaded again, unless it was opened with an invite. */
  async #resume(): Promise<void> {
    if (this.#invite !== '') {
      prepareToJoin();
      return;
    }
    try {
      const connection = await resumeConnection();
      if (connection) this.#joined(connection, true);
      else prepareToJoin();
      if (connection === undefined && this.#state.phase === 'other-tab') {
        this.#become({ phase: 'apart', problem: '' });
      }
    } catch (error) {
      this.#become(
        isDuetError(error, 'in-use')
          ? { phase: 'other-tab' }
          : { phase: 'apart', problem: errorWords(error) },
      );
    }
  }

  #joined(connection: Connection, isResumed: boolean): void {
    this.#hasJoined = true;
    this.#isResumed = isResumed;
    this.#become({ phase: 'joined', connection });
    connection.on('status', () => this.requestUpdate());
    void connection.closed.then((reason) =>
      this.#become({ phase: 'apart', problem: endingWords(reason) }),
    );
  }

  #become(state: State): void {
    this.#state = state;
    this.requestUpdate();
  }
}

customElements.define('duet-scientist-page', ScientistPage);
