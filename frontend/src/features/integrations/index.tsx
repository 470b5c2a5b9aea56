import { RefreshCw } from "lucide-react";
import type { IntegrationStatus } from "@/api/types";
import { Page } from "@/components/layout/page";
import { Listing } from "@/components/states/listing";
import { Message } from "@/components/states/message";
import { EmptyNest } from "@/components/states/pictures";
import { State } from "@/components/states/state";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Cooldown } from "./cooldown";
import { useIntegrations } from "./queries";
import { SendMessage } from "./send-message";

export function Component() {
  const integrations = useIntegrations();
  return (
    <Page
      title="Integrations"
      lead="The services in which your team works, and whether Rookery may reach them."
      actions={
        <Button
          variant="outline"
          disabled={integrations.isFetching}
          onClick={() => void integrations.refetch()}
        >
          <RefreshCw aria-hidden className={integrations.isFetching ? "animate-spin" : ""} />
          {integrations.isFetching ? "Checking…" : "Check again"}
        </Button>
      }
    >
      <Listing query={integrations} empty={<NoIntegrations />}>
        {(integrations) => (
          <ul className="grid gap-4 sm:grid-cols-2">
            {integrations.map((integration) => (
              <li key={integration.name}>
                <IntegrationCard integration={integration} />
              </li>
            ))}
          </ul>
        )}
      </Listing>
    </Page>
  );
}

function NoIntegrations() {
  return (
    <State picture={<EmptyNest />} title="No integrations">
      <p>None is installed. They are plug-ins; each brings its own settings.</p>
    </State>
  );
}

const LOOKS: Record<IntegrationStatus["status"], BadgeVariant> = {
  ready: "success",
  unconfigured: "default",
  refused: "destructive",
  waiting: "warning",
  unreachable: "destructive",
};

/** Names whose owners write them with capitals inside. */
const SPELLING: Record<string, string> = { github: "GitHub" };

function IntegrationCard({ integration }: { integration: IntegrationStatus }) {
  return (
    <Card className="flex h-full flex-col p-5">
      <div className="flex items-center gap-3">
        <span
          aria-hidden
          className="display grid size-10 shrink-0 place-items-center rounded-md bg-tint text-xl text-primary uppercase"
        >
          {integration.name[0]}
        </span>
        <div className="min-w-0">
          <h2 className="font-semibold capitalize">{SPELLING[integration.name] ?? integration.name}</h2>
          <p className="text-sm text-muted-foreground">{integration.kind}</p>
        </div>
        <Badge variant={LOOKS[integration.status]} className="ml-auto">
          {integration.status}
        </Badge>
      </div>
      <p className="mt-3 text-sm break-words text-muted-foreground">
        <Message text={integration.detail} />
      </p>
      {integration.waits_until && <Cooldown until={integration.waits_until} />}
      {integration.tools && integration.tools.length > 0 && (
        <ul aria-label="Tools for agents" className="mt-3 flex flex-wrap gap-1.5">
          {integration.tools.map((tool) => (
            <li key={tool}>
              <Badge className="font-mono">{tool}</Badge>
            </li>
          ))}
        </ul>
      )}
      {integration.configured && (
        <div className="mt-auto pt-4">
          <SendMessage name={integration.name} />
        </div>
      )}
    </Card>
  );
}
