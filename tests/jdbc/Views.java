import java.sql.*;
import java.util.*;

/** Prints what a query returns, a row a line, its columns' names first; fields are parted by tabs. */
public class Views {
    public static void main(String[] given) throws SQLException {
        try (Connection connection = DriverManager.getConnection(given[0]);
                Statement statement = connection.createStatement()) {
            for (String query : Arrays.asList(given).subList(1, given.length)) {
                try (ResultSet found = statement.executeQuery(query)) {
                    ResultSetMetaData columns = found.getMetaData();
                    List<String> names = new ArrayList<>();
                    for (int i = 1; i <= columns.getColumnCount(); i++) names.add(columns.getColumnName(i));
                    System.out.println(String.join("\t", names));
                    while (found.next()) {
                        List<String> values = new ArrayList<>();
                        for (int i = 1; i <= names.size(); i++) values.add(String.valueOf(found.getString(i)));
                        System.out.println(String.join("\t", values));
                    }
                    System.out.println();
                }
            }
        }
    }
}
