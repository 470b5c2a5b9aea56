import type { Agent } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { formatCount, formatModel, formatSeconds } from "@/lib/format";
import { useAgents } from "./queries";
import { RunAgent } from "./run-agent";

export function Component() {
  return (
    <Page
      title="Agents"
      lead={
        <>
          The colony's members. They are files: <code className="font-mono text-sm">agents/NAME.toml</code> in
          Rookery's home adds one, or changes one that is here;{" "}
          <code className="font-mono text-sm">rookery agents show NAME</code> prints it.
        </>
      }
    >
      <Listing query={useAgents()} empty={<State picture={<EmptyNest />} title="No agents" />}>
        {(agents) => (
          <ul className="grid gap-4 sm:grid-cols-2">
            {agents.map((agent) => (
              <li key={agent.id}>
                <AgentCard agent={agent} />
              </li>
            ))}
          </ul>
        )}
      </Listing>
    </Page>
  );
}

function AgentCard({ agent }: { agent: Agent }) {
  const { budget } = agent;
  return (
    <Card className="flex h-full flex-col p-5">
      <div className="flex items-baseline gap-2">
        <h2 className="display text-2xl capitalize">{agent.id.replaceAll("-", " ")}</h2>
        {agent.role !== agent.id && <span className="text-sm text-muted-foreground">{agent.role}</span>}
        {agent.works_alone && (
          <span className="ml-auto self-center">
            <RunAgent agentId={agent.id} />
          </span>
        )}
      </div>
      <p className="mt-1.5">{agent.goal}</p>
      {agent.tools.length > 0 && (
        <ul aria-label="Tools" className="mt-3 flex flex-wrap gap-1.5">
          {agent.tools.map((tool) => (
            <li key={tool}>
              <Badge className="font-mono">{tool}</Badge>
            </li>
          ))}
        </ul>
      )}
      <dl className="mt-auto grid grid-cols-2 gap-x-6 gap-y-1 pt-5 text-sm">
        <Figure name="Model" value={agent.model ? formatModel(agent.model) : "as the run"} />
        <Figure name="Priority" value={formatCount(agent.priority)} />
        <Figure name="Steps" value={`≤ ${formatCount(budget.max_steps)}`} />
        <Figure name="Tool calls" value={`≤ ${formatCount(budget.max_tool_calls)}`} />
        <Figure name="Tokens" value={`≤ ${formatCount(budget.max_tokens)}`} />
        <Figure name="Time" value={`≤ ${formatSeconds(budget.max_seconds)}`} />
      </dl>
    </Card>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div className="flex justify-between gap-2 border-t pt-1">
      <dt className="text-muted-foreground">{name}</dt>
      <dd className="text-right tabular-nums">{value}</dd>
    </div>
  );
}
