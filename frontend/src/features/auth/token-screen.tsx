import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";
import { problemOf } from "@/api/problem";
import { Colony } from "@/components/brand/colony";
import { RookMark } from "@/components/brand/rook-mark";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { useTitle } from "@/lib/use-title";
import { keepToken } from "./token";

async function tryToken(token: string): Promise<void> {
  const url = new URL("/v1/runs?limit=1", location.origin);
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } }).catch(() => {
    throw new Error("Rookery does not answer. Is `rookery serve` running?");
  });
  if (response.status === 401) {
    throw new Error(
      "Rookery does not know this token. It may have been revoked, or cut off when it was copied.",
    );
  }
  if (!response.ok && response.status !== 403 && response.status !== 501) {
    throw problemOf(response, await response.json().catch(() => null));
  }
}

/** Asks for a token; nothing else can be seen without one. */
export function TokenScreen({ refused }: { refused: boolean }) {
  useTitle("Sign in");
  const id = useId();
  const [token, setToken] = useState("");
  const attempt = useMutation({ mutationFn: tryToken, onSuccess: (_, tried) => keepToken(tried) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    attempt.mutate(token.trim());
  };
  const refusal = refused ? "The stored token is no longer accepted. Enter another one." : undefined;
  return (
    <main className="relative isolate flex min-h-dvh flex-col justify-center overflow-hidden px-5 py-16 sm:px-12 lg:px-24">
      <Colony className="absolute right-[-8rem] bottom-0 -z-10 hidden h-[92dvh] xl:block" />
      <div className="w-full max-w-md">
        <RookMark className="size-14" />
        <h1 className="display mt-6 text-5xl">Rookery</h1>
        <p className="mt-3 max-w-sm text-lg text-muted-foreground">
          Research by a colony of agents, in which every claim is held by a quote.
        </p>
        <form onSubmit={submit} className="mt-8 space-y-4 rounded-xl border bg-card p-5 shadow-lift sm:p-6">
          <Field
            label="Access token"
            htmlFor={id}
            error={attempt.error?.message ?? refusal}
            hint={
              <>
                <code className="font-mono text-foreground">rookery tokens create</code> makes one.{" "}
                <code className="font-mono text-foreground">rookery serve</code> prints an address that
                already holds one.
              </>
            }
          >
            <Input
              id={id}
              type="password"
              value={token}
              onChange={(event) => setToken(event.target.value)}
              placeholder="rk_…"
              autoComplete="off"
              spellCheck={false}
              required
              aria-invalid={Boolean(attempt.error ?? refusal)}
              aria-describedby={`${id}-hint`}
              className="h-11 font-mono"
            />
          </Field>
          <Button type="submit" size="lg" className="w-full" disabled={attempt.isPending || !token.trim()}>
            {attempt.isPending ? "Checking…" : "Continue"}
          </Button>
        </form>
        <p className="mt-4 text-sm text-muted-foreground">
          The token stays in this browser and is sent to <span className="font-mono">{location.host}</span>{" "}
          only.
        </p>
      </div>
    </main>
  );
}
