import { Link } from "react-router";
import type { Approval } from "@/api/types";
import { Page } from "@/components/layout/page";
import { FailureNote } from "@/components/states/failure";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { formatMoment } from "@/lib/format";
import { Arguments, DecideButtons, HasRead } from "./parts";
import { useApprovals, useDecide } from "./queries";

export function Component() {
  return (
    <Page title="Approvals" lead="Side effects that an agent wants to have, and that wait for your word.">
      <Listing query={useApprovals()} empty={<NothingWaits />}>
        {(approvals) => (
          <ul className="space-y-4">
            {approvals.map((approval) => (
              <li key={approval.id}>
                <ApprovalCard approval={approval} />
              </li>
            ))}
          </ul>
        )}
      </Listing>
    </Page>
  );
}

function NothingWaits() {
  return (
    <State picture={<EmptyNest />} title="Nothing waits for you">
      <p>
        When a tool would write, send or change something on behalf of text that nobody vouches for, the run
        stops and asks here.
      </p>
    </State>
  );
}

const STATES: Record<Approval["status"], { label: string; variant: BadgeVariant }> = {
  pending: { label: "Waiting", variant: "warning" },
  approved: { label: "Approved", variant: "success" },
  denied: { label: "Denied", variant: "destructive" },
  expired: { label: "Expired", variant: "default" },
};

function ApprovalCard({ approval }: { approval: Approval }) {
  const decide = useDecide();
  const { label, variant } = STATES[approval.status];
  return (
    <Card className="p-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h2 className="font-mono font-semibold">{approval.tool}</h2>
        <Badge variant={variant}>{label}</Badge>
        <span className="text-sm text-muted-foreground sm:ml-auto">
          asked {formatMoment(approval.requested_at)}
          {approval.status === "pending" && `, expires ${formatMoment(approval.expires_at)}`}
        </span>
      </div>
      <p className="mt-2">{approval.reason}</p>
      <Arguments values={approval.arguments} className="mt-4" />
      <HasRead origins={approval.origins} echoes={approval.echoes} />
      <div className="mt-4 flex flex-wrap items-center gap-2">
        {approval.decided_by && (
          <span className="text-sm text-muted-foreground">
            by {approval.decided_by}
            {approval.decided_at && `, ${formatMoment(approval.decided_at)}`}
          </span>
        )}
        {approval.status === "pending" && <DecideButtons decide={decide} id={approval.id} />}
        <Button asChild variant="link" className="px-1 sm:ml-auto">
          <Link to={`/runs/${approval.run_id}`}>The run that asks</Link>
        </Button>
      </div>
      <div className="mt-3 empty:hidden">
        <FailureNote error={decide.error} />
      </div>
    </Card>
  );
}
