import type { Source } from "@/api/types";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { Table, TableCell, TableHead, TableRow } from "@/components/ui/table";
import { formatBytes, formatCount, formatDate, formatUrl, plural } from "@/lib/format";
import { RemoveSource } from "./remove-source";

interface SourceTableProps {
  sources: Source[];
  onOpen: (source: Source) => void;
}

export function SourceTable({ sources, onOpen }: SourceTableProps) {
  return (
    <Card className="overflow-hidden">
      <Table>
        <caption className="sr-only">Documents of the library</caption>
        <thead className="max-sm:sr-only">
          <tr>
            <TableHead>Document</TableHead>
            <TableHead className="max-md:hidden">Namespace</TableHead>
            <TableHead className="max-sm:hidden">
              <span className="block text-right">Passages</span>
            </TableHead>
            <TableHead className="max-sm:hidden">
              <span className="block text-right">Size</span>
            </TableHead>
            <TableHead className="max-md:hidden">Added</TableHead>
            <TableHead>
              <span className="sr-only">Remove</span>
            </TableHead>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <TableRow key={source.id}>
              <TableCell className="w-full max-w-0">
                <button
                  type="button"
                  onClick={() => onOpen(source)}
                  className="block max-w-full truncate rounded-sm text-left text-[0.9375rem] font-medium hover:text-primary hover:underline hover:underline-offset-4"
                >
                  {source.title}
                </button>
                <p className="truncate font-mono text-xs text-muted-foreground" title={formatUrl(source.url)}>
                  {formatUrl(source.url)}
                </p>
                <p className="mt-1 text-xs text-muted-foreground sm:hidden">
                  {plural(source.passages, "passage")}, {formatBytes(source.size)}
                </p>
              </TableCell>
              <TableCell className="max-md:hidden">
                <Badge variant="accent">{source.namespace}</Badge>
              </TableCell>
              <TableCell className="text-right tabular-nums max-sm:hidden">
                {formatCount(source.passages)}
              </TableCell>
              <TableCell className="text-right whitespace-nowrap tabular-nums max-sm:hidden">
                {formatBytes(source.size)}
              </TableCell>
              <TableCell className="whitespace-nowrap text-muted-foreground max-md:hidden">
                {formatDate(source.added_at)}
              </TableCell>
              <TableCell className="py-1.5">
                <RemoveSource source={source} />
              </TableCell>
            </TableRow>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
