import { useMutation } from "@tanstack/react-query";
import { FileCode2, FileText, Printer } from "lucide-react";
import { api, unwrap } from "@/api/client";
import { FailureNote } from "@/components/states/failure";
import { Button } from "@/components/ui/button";

const FORMS = [
  { form: "markdown", label: "Markdown", ending: "md", media: "text/markdown", icon: FileText },
  { form: "html", label: "HTML", ending: "html", media: "text/html", icon: FileCode2 },
] as const;
type Form = (typeof FORMS)[number];

/** The answer as a file. A PDF is what the browser prints: the style sheet for print shows the answer alone. */
export function ExportAnswer({ runId }: { runId: string }) {
  const save = useMutation({ mutationFn: (form: Form) => saveReport(runId, form) });
  return (
    <div className="mt-8 print:hidden">
      <ul aria-label="Export" className="flex flex-wrap gap-2">
        {FORMS.map((form) => (
          <li key={form.form}>
            <Button variant="outline" size="sm" disabled={save.isPending} onClick={() => save.mutate(form)}>
              <form.icon aria-hidden /> {form.label}
            </Button>
          </li>
        ))}
        <li>
          <Button variant="outline" size="sm" onClick={() => window.print()}>
            <Printer aria-hidden /> Print or PDF
          </Button>
        </li>
      </ul>
      <div className="mt-3 empty:hidden">
        <FailureNote error={save.error} />
      </div>
    </div>
  );
}

async function saveReport(runId: string, { form, ending, media }: Form): Promise<void> {
  const text = await unwrap(
    api.GET("/v1/runs/{run_id}/report", {
      params: { path: { run_id: runId }, query: { form } },
      parseAs: "text",
    }),
  );
  const address = URL.createObjectURL(new Blob([String(text)], { type: `${media};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `rookery-${runId.slice(0, 8)}.${ending}`;
  link.click();
  URL.revokeObjectURL(address);
}
