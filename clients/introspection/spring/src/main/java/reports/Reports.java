package reports;

import java.security.Principal;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@EnableMethodSecurity
@RestController
public class Reports {
    public static void main(String[] arguments) {
        SpringApplication.run(Reports.class, arguments);
    }

    /** A role of the verifier is a scope here. */
    @GetMapping("/reports")
    @PreAuthorize("hasAuthority('SCOPE_studio-user')")
    Map<String, String> reports(Principal caller) {
        return Map.of("name", caller.getName());
    }
}
