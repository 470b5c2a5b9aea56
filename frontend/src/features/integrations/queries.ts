import { useMutation, useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

/** How things stand with the services; looking asks each of them. */
export function useIntegrations() {
  return useQuery({
    queryKey: ["integrations"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/integrations", { signal })),
    select: (page) => page.items,
  });
}

export interface Letter {
  text: string;
  title: string;
  target: string | null;
}

/** Send a message through an integration. A try that is repeated after a lost answer sends nothing twice. */
export function useNotify(name: string) {
  return useMutation({
    mutationFn: ({ letter, key }: { letter: Letter; key: string }) =>
      unwrap(
        api.POST("/v1/integrations/{name}/notify", {
          params: { path: { name }, header: { "idempotency-key": key } },
          body: letter,
        }),
      ),
  });
}
