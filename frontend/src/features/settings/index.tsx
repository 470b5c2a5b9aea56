import { CircleCheck, CircleX, ExternalLink, Monitor, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { Page } from "@/components/layout/page";
import { useReadiness } from "@/components/layout/use-readiness";
import { Failure } from "@/components/states/failure";
import { Confirm } from "@/components/ui/alert-dialog";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { forgetToken, masked, useToken } from "@/features/auth/token";
import { setTheme, type Theme, useTheme } from "@/features/theme/theme";

export function Component() {
  return (
    <Page title="Settings" lead="What this browser remembers, and how the server is.">
      <div className="divide-y border-y">
        <Section title="Theme" description="Light, dark, or as the system has it.">
          <ThemePicker />
        </Section>
        <Section title="Access token" description="It lets this browser in. Others get their own.">
          <TokenState />
        </Section>
        <Section
          title="Other tokens"
          description="Made where Rookery runs, so that no token can make another."
        >
          <TokenCommands />
        </Section>
        <Section title="Server" description="What it looked at to see whether it can serve.">
          <Checks />
        </Section>
        <Section title="API" description="All that this page does can be done over HTTP.">
          <Button asChild variant="outline">
            <a href="/docs" target="_blank" rel="noreferrer">
              Open the API reference <ExternalLink aria-hidden />
            </a>
          </Button>
        </Section>
      </div>
    </Page>
  );
}

function Section({
  title,
  description,
  children,
}: {
  title: string;
  description: string;
  children: ReactNode;
}) {
  return (
    <section className="grid gap-x-10 gap-y-4 py-7 md:grid-cols-[16rem_minmax(0,1fr)]">
      <div>
        <h2 className="font-semibold">{title}</h2>
        <p className="text-sm text-muted-foreground">{description}</p>
      </div>
      <div>{children}</div>
    </section>
  );
}

const THEMES: { value: Theme; label: ReactNode }[] = [
  { value: "light", label: <Choice icon={<Sun aria-hidden />} name="Light" /> },
  { value: "dark", label: <Choice icon={<Moon aria-hidden />} name="Dark" /> },
  { value: "system", label: <Choice icon={<Monitor aria-hidden />} name="System" /> },
];

function Choice({ icon, name }: { icon: ReactNode; name: string }) {
  return (
    <>
      {icon}
      {name}
    </>
  );
}

function ThemePicker() {
  return <Segmented label="Theme" value={useTheme()} options={THEMES} onChange={setTheme} />;
}

function TokenState() {
  const { token } = useToken();
  return (
    <div className="flex flex-wrap items-center justify-between gap-4">
      <p>
        <code className="font-mono">{masked(token ?? "")}</code>
        <span className="block text-sm text-muted-foreground">
          <code className="font-mono">rookery tokens revoke</code> makes it worthless everywhere.
        </span>
      </p>
      <Confirm
        trigger={<Button variant="outline">Forget it here</Button>}
        title="Forget the token?"
        description="This browser asks for a token again. The token itself stays valid until it is revoked."
        action="Forget it"
        onConfirm={forgetToken}
      />
    </div>
  );
}

const COMMANDS = [
  {
    command: "rookery tokens create --scope read --name phone",
    what: "makes one that may read only, and prints it once",
  },
  { command: "rookery tokens list", what: "says which there are" },
  { command: "rookery tokens revoke ID", what: "makes one worthless at once" },
];

function TokenCommands() {
  return (
    <ul className="space-y-2">
      {COMMANDS.map(({ command, what }) => (
        <li key={command}>
          <code className="font-mono text-sm break-words">{command}</code>
          <span className="block text-sm text-muted-foreground">{what}</span>
        </li>
      ))}
    </ul>
  );
}

function Checks() {
  const { data, error, refetch } = useReadiness();
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton className="h-16" />;
  }
  return (
    <ul className="space-y-2">
      {data.checks.map((check) => (
        <li key={check.name} className="flex items-start gap-2.5">
          {check.ok ? (
            <CircleCheck
              className="mt-0.5 size-4.5 shrink-0 text-success"
              aria-label="In order:"
              role="img"
            />
          ) : (
            <CircleX className="mt-0.5 size-4.5 shrink-0 text-destructive" aria-label="Faulty:" role="img" />
          )}
          <span className="min-w-0 break-words">
            <span className="font-medium">{check.name}</span>{" "}
            <span className="text-muted-foreground">{check.detail}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
