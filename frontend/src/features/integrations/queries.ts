import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function useIntegrations() {
  return useQuery({
    queryKey: ["integrations"],
    queryFn: ({ signal }) => unwrap(api.GET("/v1/integrations", { signal })),
    select: (page) => page.items,
  });
}
