import { fieldText } from '@duet/elements';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';
import { NetworkChoice } from '../shared/network-choice';
import { linkProblem } from './invite-link';

/** What the page is told when someone wants to join. */
export interface JoinWish {
  readonly invite: string;
  readonly name: string;
}

/** The way to the owner, as this browser remembers it: for joining, and for joining again after a reload. */
export const scientistNetwork = new NetworkChoice('scientist');

/** The words before joining: which invite, and who asks. Fires `join` with a JoinWish, `other` for another invite. */
export class JoinPanel extends LightElement {
  static override readonly properties = {
    invite: { attribute: false },
    name: { attribute: false },
    again: { attribute: false },
    disabled: { attribute: false },
  };
  /** From the address, or of the last try; empty where one must be pasted. */
  declare invite: string;
  declare name: string;
  /** Is this not the first try? */
  declare again: boolean;
  declare disabled: boolean;
  #problem = '';

  constructor() {
    super();
    this.invite = '';
    this.name = '';
    this.again = false;
    this.disabled = false;
  }

  protected override render(): TemplateResult {
    return html`<form class="panel" @submit=${this.#join} aria-labelledby="join-title" data-testid="join-form">
      <h2 id="join-title">${this.again ? 'Join again' : 'Join a data owner'}</h2>
      ${this.invite === '' ? this.#inviteField() : this.#inviteWords()}
      <label class="field">
        <span>Your name, which the owner sees (you may leave it empty)</span>
        <input
          type="text"
          name="name"
          maxlength="64"
          autocomplete="name"
          .value=${this.name}
          ?disabled=${this.disabled}
          data-testid="join-name"
        />
      </label>
      ${this.#way()}
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="join-problem">${this.#problem}</p>`
      }
      <div>
        <button class="primary" ?disabled=${this.disabled} data-testid="join">
          ${this.again ? 'Try again' : 'Join'}
        </button>
      </div>
    </form>`;
  }

  #inviteField(): TemplateResult {
    return html`<label class="field">
      <span>Invite link</span>
      <input
        type="text"
        class="mono"
        name="invite"
        autocomplete="off"
        spellcheck="false"
        required
        placeholder="Paste the link that the owner sent you"
        ?disabled=${this.disabled}
        data-testid="join-invite"
      />
    </label>`;
  }

  #way(): TemplateResult {
    const { options, words } = scientistNetwork;
    return html`<p class="soft small" data-testid="join-way">
        ${
          options.hideAddress
            ? 'Your browser will not connect straight to the owner’s: they do not learn your network address.'
            : options.relay === 'only'
              ? 'The two browsers will speak through the signaling server, sealed.'
              : 'Your browser will connect straight to the owner’s, so each learns the other’s network address.'
        }
      </p>
      <details>
        <summary class="small" data-testid="join-network">The way to the owner${words === '' ? '' : `: ${words}`}</summary>
        <div class="panel-body">
          ${scientistNetwork.fields('join', this.disabled, () => this.requestUpdate())}
        </div>
      </details>`;
  }

  /** The link itself is a secret and need not stand on the screen. */
  #inviteWords(): TemplateResult {
    return html`<div class="row">
      <p class="notice good" data-testid="join-has-invite">
        ${this.again ? 'The same invite will be used.' : 'The invite was read from the link, and taken out of the address bar.'}
      </p>
      <button type="button" class="small" ?disabled=${this.disabled} data-testid="join-other" @click=${this.#other}>
        Use another invite
      </button>
    </div>`;
  }

  #other(): void {
    this.#problem = '';
    this.dispatchEvent(new CustomEvent('other'));
  }

  #join(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): void {
    event.preventDefault();
    const form = event.currentTarget;
    const invite = this.invite || fieldText(form, 'invite');
    this.#problem = linkProblem(invite);
    this.requestUpdate();
    if (this.#problem !== '') return;
    const detail: JoinWish = { invite, name: fieldText(form, 'name') };
    this.dispatchEvent(new CustomEvent('join', { detail }));
  }
}

customElements.define('duet-join-panel', JoinPanel);
