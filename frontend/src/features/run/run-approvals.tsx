import { ShieldCheck, ShieldQuestion, ShieldX } from "lucide-react";
import { FailureNote } from "@/components/states/failure";
import { Arguments, DecideButtons, HasRead } from "@/features/approvals/parts";
import { useDecide } from "@/features/approvals/queries";
import { formatMoment } from "@/lib/format";
import type { Decided, PendingApproval, RunView } from "./fold-run";

/** What waits for a person in this run, decided in place; and what was decided. */
export function RunApprovals({ view }: { view: RunView }) {
  return (
    <>
      {view.approvals.map((approval) => (
        <Waiting key={approval.id} approval={approval} />
      ))}
      {view.decided.length > 0 && (
        <section aria-labelledby="decided">
          <h3 id="decided" className="eyebrow mb-2">
            Decided
          </h3>
          <ul className="space-y-1.5">
            {view.decided.map((decided) => (
              <Decision key={decided.approval.id} decided={decided} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Waiting({ approval }: { approval: PendingApproval }) {
  const decide = useDecide();
  return (
    <section
      aria-label={`Permission for ${approval.tool}`}
      className="rounded-lg border border-warning/40 bg-warning/8 p-5"
    >
      <h3 className="flex flex-wrap items-center gap-x-2 font-medium">
        <ShieldQuestion aria-hidden className="size-5 shrink-0 text-warning" />
        {approval.agentId} waits for permission to use{" "}
        <code className="font-mono text-sm">{approval.tool}</code>
      </h3>
      <p className="mt-1 text-sm">
        {approval.reason}
        {approval.expiresAt && (
          <span className="text-muted-foreground"> It expires {formatMoment(approval.expiresAt)}.</span>
        )}
      </p>
      <Arguments values={approval.arguments} className="mt-3 bg-card" />
      <HasRead origins={approval.origins} echoes={approval.echoes} />
      <div className="mt-4 flex flex-wrap gap-2">
        <DecideButtons id={approval.id} decide={decide} />
      </div>
      <div className="mt-3 empty:hidden">
        <FailureNote error={decide.error} />
      </div>
    </section>
  );
}

const WORDS = { approve: "approved", deny: "denied", expired: "not decided in time" };

function Decision({ decided: { approval, decision, by } }: { decided: Decided }) {
  const Icon = decision === "approve" ? ShieldCheck : ShieldX;
  return (
    <li className="flex items-start gap-2">
      <Icon
        aria-hidden
        className={`mt-0.5 size-4.5 ${decision === "approve" ? "text-success" : "text-destructive"}`}
      />
      <span>
        <code className="font-mono text-sm">{approval.tool}</code> for {approval.agentId}: {WORDS[decision]}
        {by && ` by ${by}`}
      </span>
    </li>
  );
}
