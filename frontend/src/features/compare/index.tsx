import { Link, useSearchParams } from "react-router";
import type { Claim, Run } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Failure } from "@/components/states/failure";
import { LoadingRows } from "@/components/states/loading";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { UnsupportedBadge } from "@/features/answer/claim-text";
import { useRun } from "@/features/runs/queries";
import { StatusBadge } from "@/features/runs/status-badge";
import { formatCount, formatModel, formatMoment, formatSeconds, formatUrl } from "@/lib/format";
import { cn } from "@/lib/utils";
import { comparisonOf, type Shared } from "./comparison";

/** Two runs side by side: what they say alike, what only one of them says, and what it took. */
export function Component() {
  const [params] = useSearchParams();
  const one = useRun(params.get("one") ?? "");
  const other = useRun(params.get("other") ?? "");
  const error = one.error ?? other.error;
  if (!params.get("one") || !params.get("other")) {
    return (
      <Page title="Compare two runs">
        <p>
          Choose two in{" "}
          <Link to="/runs" className="text-primary underline underline-offset-4">
            the list of runs
          </Link>
          .
        </p>
      </Page>
    );
  }
  return (
    <Page
      title="Compare two runs"
      lead="What both say is marked; the rest stands in one of them only."
      className="max-w-6xl"
    >
      {one.data && other.data ? (
        <Both runs={[one.data, other.data]} />
      ) : error ? (
        <Failure error={error} retry={() => void Promise.all([one.refetch(), other.refetch()])} />
      ) : (
        <LoadingRows rows={3} />
      )}
    </Page>
  );
}

function Both({ runs: [one, other] }: { runs: [Run, Run] }) {
  const shared = comparisonOf(one.result, other.result);
  return (
    <div className="grid gap-5 md:grid-cols-2">
      <Side run={one} shared={shared} />
      <Side run={other} shared={shared} />
    </div>
  );
}

function Side({ run, shared }: { run: Run; shared: Shared }) {
  const sources = [...new Set(run.result?.citations.map((citation) => citation.url))];
  return (
    <Card className="min-w-0 p-5">
      <div className="flex items-start justify-between gap-3">
        <h2 className="display text-xl break-words">
          <Link to={`/runs/${run.id}`} className="hover:underline hover:underline-offset-4">
            {run.question}
          </Link>
        </h2>
        <StatusBadge status={run.status} />
      </div>
      <Facts run={run} />
      <h3 className="eyebrow mt-5 mb-2">Claims</h3>
      {run.result && run.result.claims.length > 0 ? (
        <ul className="space-y-2 font-serif text-lg leading-snug">
          {run.result.claims.map((claim) => (
            <ClaimRow
              key={`${claim.text}/${claim.citations.join()}`}
              claim={claim}
              both={shared.claims.has(claim.text)}
            />
          ))}
        </ul>
      ) : (
        <p className="text-muted-foreground">None.</p>
      )}
      <h3 className="eyebrow mt-5 mb-2">Sources</h3>
      <ul className="space-y-1 text-sm">
        {sources.map((url) => (
          <li key={url} className="flex gap-2">
            <span className="min-w-0 font-mono text-[0.8125rem] break-all">{formatUrl(url)}</span>
            {shared.sources.has(url) && <Badge variant="accent">both</Badge>}
          </li>
        ))}
        {sources.length === 0 && <li className="text-muted-foreground">None.</li>}
      </ul>
    </Card>
  );
}

function ClaimRow({ claim, both }: { claim: Claim; both: boolean }) {
  return (
    <li className={cn("border-l-2 pl-3 break-words", both ? "border-primary" : "border-border")}>
      {claim.text} {both && <Badge variant="accent">both</Badge>} {!claim.supported && <UnsupportedBadge />}
    </li>
  );
}

function Facts({ run }: { run: Run }) {
  const usage = run.result?.usage;
  const facts = [
    ["Asked", formatMoment(run.created_at)],
    ["Model", formatModel(run.result?.model ?? run.model)],
    ["Depth", run.depth],
    ["Time", usage ? formatSeconds(usage.seconds) : "–"],
    ["Steps", usage ? formatCount(usage.steps) : "–"],
    [
      "Tokens",
      usage
        ? `${formatCount(usage.prompt_tokens)} read, ${formatCount(usage.completion_tokens)} written`
        : "–",
    ],
  ];
  return (
    <dl className="mt-4 grid grid-cols-[max-content_minmax(0,1fr)] gap-x-5 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted-foreground">{name}</dt>
          <dd className="tabular-nums">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
