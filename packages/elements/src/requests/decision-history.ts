import { type OwnerDuet, type OwnerRequest, visibleText } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { Following } from '../base/following';
import { clockTime, shapeWords, shortFingerprint } from '../base/words';

/** The latest so many; a handler may decide thousands. */
const mostShown = 200;

/** What the page remembers of a decided request: what it was, never its value. */
interface Decided {
  readonly at: Date;
  readonly id: string;
  readonly who: string;
  readonly name: string;
  readonly what: string;
  readonly outcome: string;
  readonly tone: '' | 'good' | 'bad';
  readonly by: string;
}

const outcomes = {
  pending: ['', 'waits'],
  accepted: ['good', 'accepted'],
  denied: ['bad', 'denied'],
  expired: ['', 'expired'],
  revoked: ['', 'taken back'],
  withdrawn: ['', 'withdrawn by them'],
  'turned-away': ['', 'turned away, too many waited'],
  left: ['', 'ended, they left'],
} as const;

function remember(request: OwnerRequest): Decided {
  const { id, peer, name, meta, status, decidedBy } = request;
  const [tone, outcome] = outcomes[status];
  return {
    at: new Date(),
    id,
    who: peer.name || shortFingerprint(peer.fingerprint),
    name,
    what: `${meta.dtype} ${shapeWords(meta.shape)}`,
    outcome,
    tone,
    by: decidedBy === undefined ? '' : decidedBy === 'owner' ? 'you' : `handler ${decidedBy}`,
  };
}

/** How requests ended, newest first. */
export class DecisionHistory extends DuetElement {
  static override readonly properties = { duet: { attribute: false } };
  declare duet: OwnerDuet;
  #decided: readonly Decided[] = [];

  constructor() {
    super();
    new Following(this, (changed) => {
      const { duet } = this;
      const decided = (request: OwnerRequest) => {
        // One that was taken back was told before, as accepted.
        const others = this.#decided.filter(({ id }) => id !== request.id);
        this.#decided = [remember(request), ...others].slice(0, mostShown);
        changed();
      };
      duet.on('decision', decided);
      return () => duet.off('decision', decided);
    });
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#decided.length === 0) return nothing;
    return html`<h3 id="history-title">Decided</h3>
      <div class="scroll" tabindex="0" role="region" aria-labelledby="history-title">
        <table data-testid="decisions">
          <thead>
            <tr>
              <th scope="col">Outcome</th>
              <th scope="col">By</th>
              <th scope="col">Request</th>
              <th scope="col">What</th>
              <th scope="col">Their name for it</th>
              <th scope="col">Who asked</th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            ${this.#decided.map(
              ({ at, id, who, name, what, outcome, tone, by }) =>
                html`<tr data-testid="decision" data-id=${id}>
                  <td><span class="badge ${tone}">${outcome}</span></td>
                  <td>${by}</td>
                  <td>${id}</td>
                  <td>${what}</td>
                  <td>${name === '' ? nothing : html`<bdi class="tag">${visibleText(name)}</bdi>`}</td>
                  <td><bdi class="tag">${visibleText(who)}</bdi></td>
                  <td>${clockTime(at)}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`;
  }
}

customElements.define('duet-decision-history', DecisionHistory);
